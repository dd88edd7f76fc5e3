//! `owned` and `use<..>`: handles that borrow nothing, or no more than they say.

#![deny(warnings)]

use std::borrow::Cow;
use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use smartcall::{Dual, Work, smart};

/// Takes what may outlive everything.
fn free<T, W: Work<Output = T> + 'static>(handle: Dual<T, W>) -> Dual<T, W> {
    handle
}

/// Takes what may go to another thread.
fn on_a_thread<T: Send + 'static, W: Work<Output = T> + Send + 'static>(handle: Dual<T, W>) -> T
where
    Dual<T, W>: Send,
{
    thread::spawn(|| handle.get())
        .join()
        .expect("it does not panic")
}

#[derive(Clone)]
struct Client {
    name: String,
}

#[smart(owned)]
impl Client {
    async fn fetch(&self, url: &str, more: &[u32]) -> String {
        std::future::ready(()).await;
        let url: &str = url;
        let more: &[u32] = more;
        format!("{}{url}{}", self.name, more.len())
    }

    /// A body that blocks, with `&self`.
    #[smart(owned)]
    fn load(&self, path: &Path, mut n: u32) -> PathBuf {
        n += 1;
        path.join(&self.name).join(n.to_string())
    }

    #[smart(owned, in_place)]
    fn len(&self, _: &str) -> usize {
        self.name.len()
    }

    async fn new(name: &str) -> Self {
        Client { name: name.into() }
    }

    async fn into_name(self, and: &String) -> String {
        self.name + and
    }

    async fn arc(self: Arc<Self>, _unused: &str) -> usize {
        self.name.len()
    }

    async fn behind_arc(self: &Arc<Self>) -> usize {
        Arc::strong_count(self)
    }

    #[smart(boxed, owned)]
    async fn boxed(&self, n: &u32) -> u32 {
        *n
    }

    #[smart(owned, blocking = twin)]
    async fn paired(&self, text: &str, n: u32) -> String {
        format!("{}{text}{n} polled", self.name)
    }

    /// Without it, it borrows.
    #[smart]
    async fn name(&self) -> &str {
        &self.name
    }

    fn sync(&self) -> &str {
        &self.name
    }
}

fn twin(client: &Client, text: &str, n: u32) -> String {
    format!("{}{text}{n} called", client.name)
}

#[test]
fn a_handle_that_borrows_nothing() {
    let fetched = {
        let client = Client { name: "a".into() };
        let url = String::from("b");
        free(client.fetch(&url, &[1, 2]))
    };
    assert_eq!(on_a_thread(fetched), "ab2");

    let client = Client::new(&String::from("a")).get();
    let (loaded, len, into_name, arc, behind, boxed) = {
        let client = Arc::new(client.clone());
        let path = PathBuf::from("dir");
        (
            free(client.load(&path, 1)),
            free(client.len("x")),
            free(Client::clone(&client).into_name(&"b".to_owned())),
            free(client.clone().arc(&String::from("u"))),
            free(client.behind_arc()),
            free(client.boxed(&5)),
        )
    };
    assert_eq!(
        pollster::block_on(loaded.into_future()),
        Path::new("dir/a/2")
    );
    assert_eq!(len.get(), 1);
    assert_eq!(into_name.get(), "ab");
    assert_eq!(arc.get(), 1);
    assert_eq!(behind.get(), 1);
    let boxed: Dual<u32> = boxed;
    assert_eq!(boxed.get(), 5);
    assert_eq!(client.name().get(), client.sync());

    let (called, polled) = {
        let text = String::from("t");
        (free(client.paired(&text, 1)), free(client.paired(&text, 2)))
    };
    assert_eq!(called.get(), "at1 called");
    assert_eq!(pollster::block_on(polled.into_future()), "at2 polled");
}

/// What is made owned is made when the function is called, and before that nothing runs.
#[test]
fn the_copy_is_of_the_call() {
    #[smart(owned)]
    async fn sum(items: &Vec<u32>) -> u32 {
        items.iter().sum()
    }
    let mut items = vec![1, 2];
    let sum = sum(&items);
    items.push(3);
    assert_eq!(sum.get(), 3);
}

struct Parser<'a, T, const N: usize> {
    text: &'a str,
    item: T,
}

impl<T: Clone, const N: usize> Clone for Parser<'_, T, N> {
    fn clone(&self) -> Self {
        Parser {
            text: self.text,
            item: self.item.clone(),
        }
    }
}

#[smart(owned)]
impl<'a, T: Clone, const N: usize> Parser<'a, T, N> {
    async fn text(&self, at: &usize) -> &'a str {
        &self.text[*at..]
    }

    async fn pair<'b, U: Clone>(&self, other: &'b U) -> (T, U) {
        (self.item.clone(), other.clone())
    }

    async fn given(&self, cow: Cow<'a, str>, text: &'a str) -> usize {
        cow.len() + text.len() + N
    }

    async fn by_impl(&self, f: impl Fn(&str) -> usize + 'static, text: &str) -> usize
    where
        T: 'static,
        'a: 'static,
    {
        f(text) + f(self.text)
    }
}

/// The parameters of a block that has no `#[smart]` are not seen, and so they are written.
impl<'a, T: Clone, const N: usize> Parser<'a, T, N> {
    #[smart(owned, use<'a, T, N, U>)]
    async fn alone<U: Clone>(&self, other: &U, text: &'a str) -> (T, U, usize) {
        (self.item.clone(), other.clone(), text.len())
    }
}

#[test]
fn what_the_block_borrows_stays() {
    let text = String::from("text");
    let (found, pair, given, alone) = {
        let parser = Parser::<_, 3> {
            text: &text,
            item: Rc::new(5),
        };
        (
            parser.text(&1),
            parser.pair(&vec![1]),
            parser.given(Cow::Borrowed(&text), &text),
            parser.alone(&String::from("u"), &text),
        )
    };
    assert_eq!(found.get(), "ext");
    assert_eq!(pair.get(), (Rc::new(5), vec![1]));
    assert_eq!(given.get(), 4 + 4 + 3);
    assert_eq!(alone.get(), (Rc::new(5), "u".to_owned(), 4));
    let by_impl = {
        let parser = Parser::<_, 3> {
            text: "text",
            item: 5,
        };
        free(parser.by_impl(str::len, &String::from("four")))
    };
    assert_eq!(by_impl.get(), 8);
}

#[smart(owned)]
trait Store {
    async fn load(&self, key: &str) -> String;

    async fn twice(&self, key: &str) -> String
    where
        Self: Sync,
    {
        let once = self.load(key).await;
        once + &self.load(key).await
    }

    async fn generic<T: Clone + 'static>(&self, item: &T) -> T {
        item.clone()
    }

    #[smart(owned)]
    fn sync(&self, key: &str) -> usize
    where
        Self: Send,
    {
        key.len()
    }
}

#[smart(owned)]
impl Store for Client {
    async fn load(&self, key: &str) -> String {
        format!("{}{key}", self.name)
    }
}

fn both<S: Store + Clone + Send + Sync + 'static>(store: &S) -> (String, String, u8, usize) {
    let (once, twice, generic, sync) = {
        let (store, key) = (store.clone(), String::from("k"));
        (
            free(store.load(&key)),
            free(store.twice(&key)),
            free(store.generic(&5)),
            free(store.sync(&key)),
        )
    };
    (once.get(), twice.get(), generic.get(), sync.get())
}

#[test]
fn a_trait() {
    let client = Client { name: "a".into() };
    assert_eq!(both(&client), ("ak".into(), "akak".into(), 5, 1));
}

#[smart(boxed, owned)]
trait Node: Send + Sync {
    async fn size(&self, n: &u32) -> u32;
}

#[smart(boxed, owned)]
impl Node for Client {
    async fn size(&self, n: &u32) -> u32 {
        *n + 1
    }
}

#[test]
fn a_dyn_trait() {
    let size: Dual<u32> = {
        let node: Box<dyn Node> = Box::new(Client { name: "a".into() });
        node.size(&5)
    };
    assert_eq!(size.get(), 6);
}

#[test]
fn functions_of_all_sorts() {
    #[smart(owned)]
    async fn generic<'a, T: Clone, U>(a: &'a [T], b: U, c: &'static str) -> (Vec<T>, U, usize) {
        (a.to_vec(), b, c.len())
    }
    let (a, b) = ([1, 2], String::from("b"));
    assert_eq!(generic(&a, &b, "c").get(), (vec![1, 2], &b, 1));

    #[smart(owned, send)]
    async fn by_impl(text: &(impl AsRef<str> + Clone + Send + Sync + 'static)) -> usize {
        let text = text.as_ref();
        std::future::ready(()).await;
        text.len()
    }
    let handle = by_impl(&String::from("four"));
    assert_eq!(on_a_thread(handle), 4);

    #[smart(owned)]
    async fn patterns(&(a, b): &(u32, u32), mut text: &str, _: &u8, [c, _]: [u8; 2]) -> u32 {
        if a > b {
            text = "";
        }
        a + b + text.len() as u32 + u32::from(c)
    }
    assert_eq!(
        free(patterns(&(1, 2), &String::from("xx"), &1, [3, 4])).get(),
        8
    );

    #[smart(owned)]
    fn sync(text: &str, numbers: &[u32], #[cfg(any())] left_out: &str) -> usize {
        text.len() + numbers.len()
    }
    assert_eq!(pollster::block_on(free(sync(&b, &[1, 2])).into_future()), 3);

    #[smart(owned)]
    async fn fails(text: &str) -> Result<u32, std::num::ParseIntError> {
        Ok(text.parse::<u32>()? + 1)
    }
    assert_eq!(free(fails("5")).get(), Ok(6));
}

/// The handle captures what is named, and nothing else.
#[test]
fn a_capture_list() {
    #[smart(use<>)]
    async fn none(text: &'static str) -> usize {
        text.len()
    }

    #[smart(use<'a, T>)]
    async fn some<'a, 'b, T: Clone>(text: &'a str, item: T) -> (&'a str, T) {
        (text, item)
    }

    let text = String::from("text");
    let some = some(&text, 5);
    assert_eq!(some.get(), ("text", 5));
    assert_eq!(free(none("text")).get(), 4);
}
