//! `#[smart]` on traits, their implementations, and whole `impl` blocks.

#![deny(refining_impl_trait)]

use std::future::IntoFuture;
use std::sync::Arc;
use std::thread;

use smartcall::{Dual, DualOf, Work, smart};

#[smart]
trait Source {
    const SIZE: usize;
    type Item;

    /// Reads one.
    async fn read(&self, index: usize) -> Option<Self::Item>;

    async fn read_all(&self) -> Vec<Self::Item> {
        let mut all = Vec::new();
        for index in 0..Self::SIZE {
            all.extend(self.read(index).await);
        }
        all
    }

    /// A sync function in the trait, which implementations may make async.
    #[smart]
    fn name(self: Arc<Self>) -> String;

    async fn make() -> Self
    where
        Self: Sized;

    fn size(&self) -> usize {
        Self::SIZE
    }

    #[smart(in_place)]
    fn short(&self) -> usize {
        self.size()
    }

    async fn later<'a>(&'a mut self, items: &mut Vec<&'a str>) -> usize;
}

#[derive(Debug)]
struct Numbers(u32);

#[smart]
impl Source for Numbers {
    const SIZE: usize = 3;
    type Item = u32;

    async fn read(&self, index: usize) -> Option<u32> {
        let index = u32::try_from(index).ok()?;
        Some(self.0 + index)
    }

    #[smart]
    fn name(self: Arc<Self>) -> String {
        format!("numbers from {}", self.0)
    }

    async fn make() -> Self {
        Numbers(5)
    }

    async fn later<'a>(&'a mut self, items: &mut Vec<&'a str>) -> usize {
        items.push("later");
        items.len()
    }
}

/// Each function by itself, and the sync one as an async one.
struct Letters;

impl Source for Letters {
    const SIZE: usize = 2;
    type Item = char;

    #[smart]
    async fn read(&self, index: usize) -> Option<char> {
        "abc".chars().nth(index)
    }

    #[smart]
    async fn name(self: Arc<Self>) -> String {
        "letters".into()
    }

    #[smart]
    async fn make() -> Self {
        Letters
    }

    fn later<'a>(&'a mut self, _: &mut Vec<&'a str>) -> DualOf<impl Work<Output = usize>> {
        Dual::ready(0)
    }
}

fn sum_of<S: Source<Item = u32>>(source: &S) -> u32 {
    source.read_all().get().into_iter().sum()
}

#[test]
fn a_trait_and_its_implementations() {
    let mut numbers = Numbers::make().get();
    assert_eq!(numbers.read(1).get(), Some(6));
    assert_eq!(sum_of(&numbers), 5 + 6 + 7);
    assert_eq!(numbers.size(), 3);
    assert_eq!(numbers.short().get(), 3);
    let mut items = Vec::new();
    assert_eq!(numbers.later(&mut items).get(), 1);
    assert_eq!(Arc::new(numbers).name().get(), "numbers from 5");

    let letters = pollster::block_on(Letters::make().into_future());
    assert_eq!(letters.read_all().get(), ['a', 'b']);
    assert_eq!(Arc::new(letters).name().get(), "letters");
}

#[smart(send)]
trait Job: Sync {
    async fn run(&self, n: u32) -> u32;

    async fn twice(&self, n: u32) -> u32 {
        let n = self.run(n).await;
        self.run(n).await
    }
}

struct Double;

#[smart(send)]
impl Job for Double {
    async fn run(&self, n: u32) -> u32 {
        n * 2
    }
}

struct Increment;

/// The promise is the trait's: an implementation need not repeat it.
#[smart]
impl Job for Increment {
    async fn run(&self, n: u32) -> u32 {
        n + 1
    }
}

#[test]
fn generic_code_can_spawn() {
    fn elsewhere<J: Job + Send + 'static>(job: J) -> u32 {
        let future = async move { job.twice(5).await };
        let thread = thread::spawn(move || pollster::block_on(future));
        thread.join().expect("it does not panic")
    }
    assert_eq!(elsewhere(Double), 20);
    assert_eq!(elsewhere(Increment), 7);
}

/// `impl Trait` in the return types of a trait.
#[smart]
trait Opaque {
    async fn numbers(&self) -> impl Iterator<Item = u32>;

    async fn checked(&self, n: u32) -> Result<impl Iterator<Item = u32>, String> {
        if n == 0 {
            return Err("none".into());
        }
        Ok(self.numbers().await.take(n as usize))
    }
}

#[smart]
impl Opaque for Numbers {
    async fn numbers(&self) -> impl Iterator<Item = u32> {
        self.0..
    }
}

#[test]
fn opaque_outputs_in_a_trait() {
    let numbers = Numbers(5);
    assert!(numbers.checked(0).get().is_err());
    let checked = numbers.checked(2).get().expect("it is not 0");
    assert_eq!(checked.collect::<Vec<_>>(), [5, 6]);
}

struct Generic<T>(Vec<T>);

#[smart]
impl<T> Generic<T>
where
    T: Clone + Send + Sync + 'static,
{
    #![allow(
        clippy::should_implement_trait,
        reason = "an attribute at the head of the block"
    )]

    /// The number of functions.
    pub(crate) const FUNCTIONS: usize = 6;

    async fn first(&self) -> Option<&T> {
        self.0.first()
    }

    #[smart]
    fn into_last(mut self) -> Option<T> {
        self.0.pop()
    }

    #[smart(in_place)]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[smart(skip)]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[smart(boxed)]
    async fn count(&self, n: usize) -> usize {
        if n == 0 {
            return 0;
        }
        1 + self.count(n - 1).await
    }

    #[cfg(any())]
    async fn left_out(&self) {
        does_not_exist();
    }

    pub(crate) async fn add(mut self, item: T) -> Self {
        self.0.push(item);
        self
    }
}

#[test]
fn a_whole_block() {
    let one = Generic(vec![]).add(1).get();
    assert_eq!(one.first().get(), Some(&1));
    assert_eq!(one.len().get(), 1);
    assert_eq!(one.count(3).get(), 3);
    assert!(!one.is_empty());
    assert_eq!(Generic::<u32>::FUNCTIONS, 6);
    assert_eq!(one.into_last().get(), Some(1));
}

/// The options of a block are for its `async fn`s, and those of a function instead. A sync function
/// is for us only if it has some of its own.
#[test]
fn options_of_a_block() {
    struct Text(String);

    #[smart(boxed)]
    impl Text {
        fn len(&self) -> usize {
            self.0.len()
        }

        async fn is_empty(&self) -> bool {
            self.len() == 0
        }

        #[smart(in_place)]
        fn first(&self) -> Option<char> {
            self.0.chars().next()
        }

        #[smart]
        fn owned(self) -> String {
            self.0
        }

        #[smart(skip)]
        async fn bare(&self) -> usize {
            self.len()
        }
    }

    let text = Text("four".into());
    assert_eq!(text.len(), 4);
    let boxed: Dual<bool, smartcall::work::Boxed<'_, bool>> = text.is_empty();
    assert!(!boxed.get());
    assert_eq!(text.first().get(), Some('f'));
    assert_eq!(pollster::block_on(text.bare()), 4);
    assert_eq!(text.owned().get(), "four");
}

/// Sync functions with attributes of their own suffice.
#[test]
fn a_block_of_sync_functions() {
    struct Five;

    #[smart]
    impl Five {
        #[smart]
        fn five() -> u32 {
            5
        }
    }

    assert_eq!(Five::five().get(), 5);
}
