//! `#[smart(boxed)]`: handles whose type has a name, for recursion and `dyn`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

#[cfg(feature = "executor")]
use smartcall::Executor;
use smartcall::work::{Boxed, LocalBoxed};
use smartcall::{Dual, smart};

#[smart(boxed)]
async fn factorial(n: u64) -> u64 {
    if n < 2 {
        return 1;
    }
    n * factorial(n - 1).await
}

enum Tree {
    Leaf(u32),
    Node(Vec<Tree>),
}

impl Tree {
    #[smart(boxed)]
    async fn sum(&self) -> u32 {
        match self {
            Tree::Leaf(n) => *n,
            Tree::Node(children) => {
                let mut sum = 0;
                for child in children {
                    sum += child.sum().await;
                }
                sum
            }
        }
    }

    #[smart(boxed)]
    async fn walk<F: FnMut(u32) + Send>(&self, each: &mut F) {
        match self {
            Tree::Leaf(n) => each(*n),
            Tree::Node(children) => {
                for child in children {
                    child.walk(each).await;
                }
            }
        }
    }
}

#[test]
fn recursion() {
    assert_eq!(factorial(10).get(), 3_628_800);
    let leaf = |n| Tree::Leaf(n);
    let tree = Tree::Node(vec![leaf(1), Tree::Node(vec![leaf(2), leaf(3)])]);
    assert_eq!(tree.sum().get(), 6);
    let mut seen = Vec::new();
    tree.walk(&mut |n| seen.push(n)).get();
    assert_eq!(seen, [1, 2, 3]);
}

/// The types are what the docs say, and nothing longer.
#[test]
fn the_type_has_a_name() {
    let _: fn(u64) -> Dual<u64> = factorial;
    let _: for<'a> fn(&'a Tree) -> Dual<u32, Boxed<'a, u32>> = Tree::sum;

    #[smart(boxed)]
    async fn named<'t>(a: &'t str, b: &'t str) -> &'t str {
        if a.is_empty() { b } else { a }
    }
    let _: for<'a> fn(&'a str, &'a str) -> Dual<&'a str, Boxed<'a, &'a str>> = named;

    // What a function pointer or an `Fn` borrows is its own.
    type One = fn(Cow<'_, str>) -> String;
    type Other = Box<dyn for<'b> Fn(&'b str) -> &'b str + Send>;
    #[smart(boxed)]
    async fn calls(
        one: fn(Cow<'_, str>) -> String,
        other: Box<dyn Fn(&str) -> &str + Send>,
    ) -> usize {
        other(&one("four".into())).len()
    }
    let _: fn(One, Other) -> Dual<usize> = calls;
    assert_eq!(calls(|s| s.into(), Box::new(|s| s)).get(), 4);

    #[smart(boxed, local)]
    async fn local(n: Rc<u32>) -> u32 {
        *n
    }
    let _: fn(Rc<u32>) -> Dual<u32, LocalBoxed<'static, u32>> = local;
    assert_eq!(local(Rc::new(5)).get(), 5);
}

#[smart(boxed)]
trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;

    async fn set(&mut self, key: String, value: &str) -> Option<String>;

    async fn len(self: Arc<Self>) -> usize;

    #[smart(boxed)]
    fn name(self: Box<Self>) -> String;

    async fn get_or<'a>(&'a self, key: &str, default: &'a str) -> String {
        match self.get(key).await {
            Some(value) => value,
            None => default.to_owned(),
        }
    }
}

#[derive(Default)]
struct Memory(HashMap<String, String>);

#[smart(boxed)]
impl Store for Memory {
    async fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    async fn set(&mut self, key: String, value: &str) -> Option<String> {
        self.0.insert(key, value.to_owned())
    }

    async fn len(self: Arc<Self>) -> usize {
        self.0.len()
    }

    #[smart(boxed)]
    fn name(self: Box<Self>) -> String {
        "memory".into()
    }
}

#[test]
fn a_dyn_trait() {
    let mut store: Box<dyn Store> = Box::new(Memory::default());
    assert_eq!(store.set("a".into(), "1").get(), None);
    assert_eq!(store.get("a").get(), Some("1".into()));
    assert_eq!(store.get_or("b", "2").get(), "2");
    assert_eq!(store.name().get(), "memory");
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    assert_eq!(store.len().get(), 0);
}

#[cfg(feature = "executor")]
#[test]
fn a_boxed_handle_is_spawned() {
    let ex = Executor::new();
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let task = ex.spawn(async move { store.get("a").await });
    assert_eq!(ex.block_on(task), None);
    assert_eq!(ex.block_on(ex.spawn(factorial(5))), 120);
}

/// What is generic or borrowed in any way may be in the box.
#[test]
fn what_the_box_may_hold() {
    #[smart(boxed)]
    async fn generic<T: Clone + Send + Sync, const N: usize>(items: [T; N], more: &[T]) -> Vec<T> {
        let mut all = items.to_vec();
        all.extend_from_slice(more);
        all
    }
    assert_eq!(generic([1, 2], &[3]).get(), [1, 2, 3]);
    let text = String::from("x");
    assert_eq!(generic([&text], &[]).get(), [&text]);

    #[smart(boxed)]
    async fn opaque(
        parts: impl Iterator<Item = u32> + Send,
        call: &(dyn Fn(&u32) -> u32 + Sync),
    ) -> u32 {
        let parts: Vec<u32> = parts.collect();
        parts.iter().map(call).sum()
    }
    let call = |n: &u32| n + 1;
    assert_eq!(opaque(text.bytes().map(u32::from), &call).get(), 121);

    struct Reader<'a>(&'a str);
    impl<'a> Reader<'a> {
        #[smart(boxed)]
        async fn all(self) -> &'a str {
            self.0
        }
        #[smart(boxed)]
        async fn part(&self, len: usize) -> &'a str {
            &self.0[..len]
        }
        #[smart(boxed)]
        async fn starts_with(&self, start: &'a str) -> bool {
            self.0.starts_with(start)
        }
        #[smart(boxed)]
        async fn or(&self, other: Option<Reader<'_>>) -> usize {
            self.0.len() + other.map_or(0, |other| other.0.len())
        }
    }
    let reader = Reader(&text);
    assert_eq!(reader.part(1).get(), "x");
    assert!(reader.starts_with("").get());
    assert_eq!(reader.or(Some(Reader("yy"))).get(), 3);
    assert_eq!(reader.all().get(), "x");

    #[smart(boxed)]
    fn sync(text: String) -> usize {
        text.len()
    }
    let _: fn(String) -> Dual<usize> = sync;
    assert_eq!(sync("four".into()).get(), 4);

    #[smart(boxed, in_place)]
    fn short(text: &str) -> &str {
        &text[..1]
    }
    assert_eq!(short("four").get(), "f");

    #[smart(boxed)]
    async fn iterate(n: u32) -> impl Iterator<Item = u32> {
        0..n
    }
    assert_eq!(iterate(3).get().sum::<u32>(), 3);

    #[smart(boxed)]
    async fn words(text: &str) -> Option<impl Iterator<Item = &str>> {
        Some(text.split(' '))
    }
    assert_eq!(words("a b").get().expect("there are words").count(), 2);
}
