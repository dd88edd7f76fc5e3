//! `#[smart]` on methods: every receiver, generics, and what an `async fn` keeps of them.

use std::fmt::{Debug, Display};
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use smartcall::smart;

#[derive(Clone, Debug, PartialEq)]
struct Counter {
    count: u32,
    name: String,
}

impl Counter {
    #[smart]
    async fn new(count: u32) -> Self {
        Self {
            count,
            name: String::new(),
        }
    }

    #[smart]
    async fn by_reference(&self, more: u32) -> u32 {
        self.count + more
    }

    #[smart]
    async fn name(&self) -> &str {
        &self.name
    }

    #[smart]
    async fn by_mut(&mut self) -> &mut u32 {
        self.count += 1;
        &mut self.count
    }

    #[smart]
    async fn by_value(mut self) -> Self {
        self.count += 1;
        self
    }

    #[smart]
    async fn by_arc(self: Arc<Self>) -> u32 {
        self.count
    }

    #[smart]
    async fn by_pin(mut self: Pin<&mut Self>, more: u32) -> u32 {
        self.count += more;
        self.count
    }

    #[smart]
    #[allow(clippy::needless_arbitrary_self_type, reason = "it is typed")]
    async fn by_typed_reference(self: &Self) -> u32 {
        self.count
    }

    #[smart]
    fn sync_by_value(self) -> String {
        self.name
    }

    #[smart]
    fn sync_by_arc(self: Arc<Self>, more: u32) -> u32 {
        self.count + more
    }

    #[smart(in_place)]
    fn in_place(&mut self, more: &str) -> &str {
        self.name.push_str(more);
        &self.name
    }
}

#[test]
fn receivers() {
    let mut c = Counter::new(5).get();
    assert_eq!(c.by_reference(1).get(), 6);
    *c.by_mut().get() += 1;
    assert_eq!(c.count, 7);
    let mut c = c.by_value().get();
    assert_eq!(c.count, 8);
    assert_eq!(Pin::new(&mut c).by_pin(2).get(), 10);
    assert_eq!(c.by_typed_reference().get(), 10);
    c.name = "n".into();
    assert_eq!(c.name().get(), "n");
    assert_eq!(c.in_place("m").get(), "nm");
    assert_eq!(Arc::new(c.clone()).by_arc().get(), 10);
    assert_eq!(Arc::new(c.clone()).sync_by_arc(1).get(), 11);
    assert_eq!(c.sync_by_value().get(), "nm");
}

struct Words<'a, T, const N: usize> {
    words: [&'a str; N],
    extra: T,
}

impl<'a, T: Display, const N: usize> Words<'a, T, N> {
    /// The lifetime in `Self` is captured, and the output may be of it.
    #[smart]
    async fn first(&self) -> &'a str {
        self.words[0]
    }

    #[smart]
    async fn join<S>(&self, separator: S, more: impl IntoIterator<Item = S>) -> String
    where
        S: AsRef<str>,
    {
        let mut all = self.words.join(separator.as_ref());
        for more in more {
            all.push_str(more.as_ref());
        }
        format!("{all}{}{N}", self.extra)
    }

    #[smart]
    async fn into_words(self) -> [&'a str; N] {
        self.words
    }
}

#[test]
fn lifetimes_generics_and_const_generics() {
    let text = String::from("one two");
    let first = {
        let words = Words {
            words: [&text[..3], &text[4..]],
            extra: '!',
        };
        assert_eq!(words.join("-", ["+"]).get(), "one-two+!2");
        let first = words.first().get();
        assert_eq!(words.into_words().get(), ["one", "two"]);
        first
    };
    assert_eq!(first, "one");
}

/// Generic over everything at once.
#[smart]
async fn all<'a, 'b: 'a, T, const N: usize>(
    a: &'a [T; N],
    b: &'b T,
    show: impl Fn(&T) -> String,
) -> Vec<(&'a T, String)>
where
    T: PartialEq + Debug,
{
    a.iter().chain([b]).map(|item| (item, show(item))).collect()
}

#[test]
fn named_lifetimes_and_where() {
    let all = all(&[1, 2], &3, |n| format!("<{n}>")).get();
    assert_eq!(all.last(), Some(&(&3, "<3>".to_owned())));
}

#[smart]
fn run<T: Send + 'static>(n: T, code: impl FnOnce(T) -> T + Send + 'static) -> Vec<T> {
    vec![code(n)]
}

#[test]
fn generic_sync_functions() {
    assert_eq!(run(5, |n| n + 1).get(), [6]);
    let awaited = pollster::block_on(run(5, |n| n + 1).into_future());
    assert_eq!(awaited, [6]);
}

/// A part of `self` is used, and yet the whole of it is dropped with the future.
#[test]
fn the_whole_of_self_is_moved() {
    struct Loud(Arc<()>);
    struct Two {
        a: Loud,
        _b: Loud,
    }
    impl Two {
        #[smart]
        async fn take(self) -> usize {
            Arc::strong_count(&self.a.0)
        }
    }
    let token = Arc::new(());
    let two = Two {
        a: Loud(token.clone()),
        _b: Loud(token.clone()),
    };
    let dual = two.take();
    assert_eq!(Arc::strong_count(&token), 3);
    assert_eq!(dual.get(), 3);
    assert_eq!(Arc::strong_count(&token), 1);
}
