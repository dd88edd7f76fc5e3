//! Signatures and bodies of all sorts, which compile as they are: with `#[smart]`, boxed, and as
//! the functions of a trait.

#![allow(
    clippy::needless_return,
    clippy::question_mark,
    clippy::ref_option,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::unit_arg,
    dead_code,
    reason = "they are of all sorts"
)]

use std::future::IntoFuture;

use smartcall::smart;

/// The same functions, bare and under each set of options.
macro_rules! forms {
    ($($functions:tt)*) => {
        struct Bare;
        struct Plain;
        struct Boxed;
        struct Local;

        impl Bare {
            $($functions)*
        }

        #[smart]
        impl Plain {
            $($functions)*
        }

        #[smart(boxed)]
        impl Boxed {
            $($functions)*
        }

        #[smart(boxed, local)]
        impl Local {
            $($functions)*
        }

        #[smart]
        trait Declared: Send + Sized + Sync {
            $($functions)*
        }

        impl Declared for Plain {}
    };
}

forms! {
    async fn dyn_and_option(f: &mut (dyn FnMut(u32) + Send), o: Option<&mut u32>) -> bool {
        f(1);
        o.is_some()
    }

    async fn array_of_borrows(words: [&str; 2]) -> String {
        words.concat()
    }

    async fn borrowing_error(s: &str) -> Result<u32, Box<dyn std::error::Error + Send + '_>> {
        s.parse::<u32>()
            .map_err(|e| -> Box<dyn std::error::Error + Send> { Box::new(e) })
    }

    async fn two_opaque_types(n: u32) -> (impl Iterator<Item = u32>, impl std::fmt::Debug) {
        (0..n, n)
    }

    async fn static_slice() -> &'static [u8] {
        b"abc"
    }

    async fn borrowing_closure(s: &str) -> Box<dyn Fn(&str) -> String + Send + '_> {
        Box::new(move |t| format!("{s}{t}"))
    }

    async fn higher_ranked_where<T>(items: &T) -> usize
    where
        for<'a> &'a T: IntoIterator<Item = &'a u32>,
        T: ?Sized + Sync,
    {
        let mut n = 0;
        for _ in items {
            n += 1;
        }
        n
    }

    async fn unsized_behind_a_reference<T: ?Sized + std::fmt::Display + Sync>(t: &T) -> String {
        t.to_string()
    }

    async fn question_mark_on_option(s: Option<&str>) -> Option<usize> {
        let s = s?;
        let Some(c) = s.chars().next() else {
            return None;
        };
        Some(c.len_utf8())
    }

    async fn labels(mut rest: Vec<u32>) -> u32 {
        let mut sum = 0;
        'outer: loop {
            while let Some(n) = rest.pop() {
                if n == 0 {
                    continue 'outer;
                }
                if n > 100 {
                    break 'outer;
                }
                sum += n;
                std::future::ready(()).await;
            }
            break;
        }
        sum
    }

    async fn async_closure_inside(s: String) -> usize {
        let r = &s;
        let c = async || std::future::ready(r.len()).await;
        c().await + s.len()
    }

    async fn twelve_arguments(
        a: u8,
        b: u16,
        c: u32,
        d: u64,
        e: i8,
        f: i16,
        g: i32,
        h: i64,
        i: char,
        j: bool,
        k: f32,
        l: f64,
    ) -> String {
        format!("{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}")
    }

    async fn nested_lifetimes<'a, 'b>(a: &'a str, b: &'b mut Vec<&'a str>) -> &'b [&'a str] {
        b.push(a);
        b
    }

    async fn two_impl_traits(v: impl Into<Vec<u8>> + Send, w: &[impl AsRef<str> + Sync]) -> usize {
        v.into().len() + w.iter().map(|w| w.as_ref().len()).sum::<usize>()
    }

    async fn function_pointer(f: fn(&str) -> &str, s: &'static str) -> &'static str {
        f(s)
    }

    async fn elided_in_a_path(cow: std::borrow::Cow<'_, str>) -> String {
        cow.into_owned()
    }

    async fn const_generic<const N: usize, T: Default + Copy + Send>() -> [T; N] {
        [T::default(); N]
    }

    async fn question_mark_that_converts(
        x: Result<u32, String>,
    ) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        let x = x?;
        if x > 5 {
            Err("big")?
        }
        Ok(x)
    }

    async fn patterns_without_names(_: impl std::fmt::Debug + Send, (): ()) {}

    async fn coerced_elements(n: u32) -> Vec<Box<dyn Fn() -> u32 + Send>> {
        vec![Box::new(move || n), Box::new(|| 5)]
    }

    async fn use_inside(s: &mut String) -> std::fmt::Result {
        use std::fmt::Write as _;
        write!(s, "{}", 5)?;
        Ok(())
    }

    async fn raw_name(r#in: &str) -> String {
        return r#in.into();
    }

    async fn nested_opaque(a: &str) -> Option<impl Iterator<Item = impl std::fmt::Display>> {
        let v: Vec<String> = a.split(' ').map(String::from).collect();
        Some(v.into_iter())
    }
}

/// Not `Send` in general, and so not boxed.
#[smart]
async fn async_closure(f: impl AsyncFn(&str) -> u32, s: &str) -> u32 {
    f(s).await
}

/// In a trait it would have to name `Self`.
#[smart]
async fn precise_capture(s: &str) -> impl Iterator<Item = char> + use<'_> {
    s.chars()
}

/// What they return is the same, whatever they are under.
#[test]
fn they_return_the_same() {
    let rest = || vec![1, 0, 101, 2, 3];
    let bare = pollster::block_on(Bare::labels(rest()));
    assert_eq!(bare, Plain::labels(rest()).get());
    assert_eq!(bare, Boxed::labels(rest()).get());
    assert_eq!(bare, Local::labels(rest()).get());
    assert_eq!(bare, <Plain as Declared>::labels(rest()).get());
    assert_eq!(
        bare,
        pollster::block_on(Plain::labels(rest()).into_future())
    );

    for n in [Ok(5), Ok(6), Err("no".to_owned())] {
        let shown = |result: Result<u32, Box<dyn std::error::Error + Send + Sync>>| {
            result.map_err(|error| error.to_string())
        };
        let bare = shown(pollster::block_on(Bare::question_mark_that_converts(
            n.clone(),
        )));
        assert_eq!(
            bare,
            shown(Plain::question_mark_that_converts(n.clone()).get())
        );
        assert_eq!(
            bare,
            shown(Boxed::question_mark_that_converts(n.clone()).get())
        );
        assert_eq!(bare, shown(Local::question_mark_that_converts(n).get()));
    }

    for text in [None, Some(""), Some("ä")] {
        let bare = pollster::block_on(Bare::question_mark_on_option(text));
        assert_eq!(bare, Plain::question_mark_on_option(text).get());
        assert_eq!(bare, Boxed::question_mark_on_option(text).get());
    }
    assert_eq!(
        async_closure(async |s: &str| s.len() as u32, "four").get(),
        4
    );
}

/// What a function is given is in its future once.
#[test]
fn arguments_are_held_once() {
    struct Keep([u8; 1024]);

    #[smart]
    impl Keep {
        async fn method(self, n: u32) -> usize {
            std::future::ready(n).await;
            self.0.len()
        }
    }

    #[smart]
    async fn used(data: [u8; 1024]) -> u8 {
        std::future::ready(()).await;
        data[0]
    }

    #[smart]
    async fn changed(mut data: [u8; 1024], _more: u8) -> u8 {
        data[0] = 5;
        std::future::ready(()).await;
        data[0]
    }

    #[smart]
    async fn left_out(_: [u8; 1024]) {
        std::future::ready(()).await;
    }

    #[smart]
    async fn not_used(_data: [u8; 1024]) {
        std::future::ready(()).await;
    }

    let data = [1; 1024];
    let limit = 1024 + 64;
    assert!(size_of_val(&used(data)) <= limit);
    assert!(size_of_val(&changed(data, 1)) <= limit);
    assert!(size_of_val(&left_out(data)) <= limit);
    assert!(size_of_val(&not_used(data)) <= limit);
    assert!(size_of_val(&Keep(data).method(1)) <= limit);
    assert_eq!(used(data).get(), 1);
    assert_eq!(changed(data, 1).get(), 5);
    left_out(data).get();
    not_used(data).get();
    assert_eq!(Keep(data).method(1).get(), 1024);
}
