//! `#[smart(blocking = path)]`: a function with two native paths.

#![deny(unused)]

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use smartcall::smart;

mod native {
    pub(super) fn fetch(url: &str, tries: u32) -> Result<String, String> {
        Ok(format!("sync {url} {tries}"))
    }

    pub(super) fn append(log: &mut Vec<String>, (a, b): (String, &str)) {
        log.push(format!("sync {a}{b}"));
    }
}

#[smart(blocking = native::fetch)]
async fn fetch(url: &str, mut tries: u32) -> Result<String, String> {
    tries += 1;
    if url.is_empty() {
        return Err("no address".into());
    }
    Ok(format!("async {url} {tries}"))
}

#[smart(blocking = native::append)]
async fn append(log: &mut Vec<String>, (a, b): (String, &str)) {
    log.push(format!("async {a}{b}"));
}

#[smart(blocking = nothing)]
async fn something() -> u32 {
    1
}

fn nothing() -> u32 {
    0
}

#[test]
fn free_functions() {
    assert_eq!(fetch("u", 1).get(), Ok("sync u 1".into()));
    let awaited = pollster::block_on(fetch("u", 1).into_future());
    assert_eq!(awaited, Ok("async u 2".into()));

    let mut log = Vec::new();
    append(&mut log, ("a".into(), "b")).get();
    pollster::block_on(append(&mut log, ("a".into(), "b")).into_future());
    assert_eq!(log, ["sync ab", "async ab"]);

    assert_eq!(something().get(), 0);
    assert_eq!(pollster::block_on(something().into_future()), 1);
}

#[derive(Clone, Debug, Default)]
struct Client {
    log: Vec<String>,
}

impl Client {
    fn send_blocking(&mut self, text: String) -> usize {
        self.log.push(format!("sync {text}"));
        self.log.len()
    }

    #[smart(blocking = Self::send_blocking)]
    async fn send(&mut self, text: String) -> usize {
        macro_rules! push {
            ($client:ident, $text:expr) => {
                $client.log.push($text)
            };
        }
        push!(self, format!("async {text} {}", self.log.len()));
        let this = &mut *self;
        this.log.len()
    }

    #[smart(blocking = Client::len_blocking)]
    async fn len(&self, _more: &str) -> usize {
        println!("{self:?}");
        self.log.len() + 100
    }

    fn len_blocking(&self, _more: &str) -> usize {
        self.log.len()
    }

    #[smart(blocking = into_log)]
    async fn into_log(mut self) -> Vec<String> {
        struct Other(u32);
        impl Other {
            fn own(self) -> u32 {
                let call: fn(u32) -> u32 = |n| n + 1;
                call(self.0)
            }
        }
        trait Named {
            fn named(&self) -> String;
        }
        impl Named for Other {
            fn named(&self) -> String {
                format!("{}", self.0)
            }
        }
        self.log.push(Other(1).named());
        self.log.push(self::other(Other(1).own()));
        let closure = || self.log.len();
        assert!(closure() > 0);
        self.log
    }

    #[smart(blocking = Self::arc_blocking)]
    async fn arc(self: Arc<Self>, n: usize) -> usize {
        self.log.len() + n
    }

    fn arc_blocking(self: Arc<Self>, _: usize) -> usize {
        0
    }

    #[smart(blocking = Self::pin_blocking)]
    async fn pin(mut self: Pin<&mut Self>) -> usize {
        self.log.push("async".into());
        self.log.len()
    }

    fn pin_blocking(self: Pin<&mut Self>) -> usize {
        0
    }

    /// Boxed as well.
    #[smart(boxed, blocking = Self::len_blocking)]
    async fn len_boxed(&self, _more: &str) -> usize {
        self.log.len() + 100
    }
}

fn into_log(client: Client) -> Vec<String> {
    client.log
}

fn other(n: u32) -> String {
    format!("other {n}")
}

#[test]
fn methods() {
    let mut client = Client::default();
    assert_eq!(client.send("a".into()).get(), 1);
    assert_eq!(pollster::block_on(client.send("b".into()).into_future()), 2);
    assert_eq!(client.log, ["sync a", "async b 1"]);
    assert_eq!(client.len("").get(), 2);
    assert_eq!(pollster::block_on(client.len("").into_future()), 102);
    assert_eq!(client.len_boxed("").get(), 2);
    assert_eq!(pollster::block_on(client.len_boxed("").into_future()), 102);
    assert_eq!(Pin::new(&mut client).pin().get(), 0);
    let pinned = Pin::new(&mut client).pin().into_future();
    assert_eq!(pollster::block_on(pinned), 3);

    let shared = Arc::new(client.clone());
    assert_eq!(shared.clone().arc(1).get(), 0);
    assert_eq!(pollster::block_on(shared.arc(1).into_future()), 4);

    assert_eq!(client.clone().into_log().get().len(), 3);
    let log = pollster::block_on(client.into_log().into_future());
    assert_eq!(log[3..], ["1", "other 2"]);
}

/// What a pair returns may borrow from its input.
#[test]
fn outputs_that_borrow() {
    struct Names(Vec<String>);

    impl Names {
        #[smart(blocking = Self::first_blocking)]
        async fn first(&self, _or: &str) -> &str {
            &self.0[0]
        }

        fn first_blocking(&self, _or: &str) -> &str {
            &self.0[1]
        }

        #[smart(blocking = Self::all_blocking)]
        async fn all(&mut self, this: u32) -> &mut Vec<String> {
            self.0.push(this.to_string());
            &mut self.0
        }

        fn all_blocking(&mut self, _this: u32) -> &mut Vec<String> {
            &mut self.0
        }
    }

    #[smart(blocking = trim_blocking)]
    async fn trim<'a>(text: &'a str, _end: &str) -> Option<&'a str> {
        Some(text.trim())
    }

    fn trim_blocking<'a>(text: &'a str, _end: &str) -> Option<&'a str> {
        text.strip_prefix(' ')
    }

    let mut names = Names(vec!["a".into(), "b".into()]);
    assert_eq!(names.first("").get(), "b");
    assert_eq!(pollster::block_on(names.first("").into_future()), "a");
    names.all(5).get().push("c".into());
    pollster::block_on(names.all(5).into_future()).push("d".into());
    assert_eq!(names.0, ["a", "b", "c", "5", "d"]);
    assert_eq!(trim(" a ", "").get(), Some("a "));
    assert_eq!(pollster::block_on(trim(" a ", "").into_future()), Some("a"));
}

/// The future of a pair is `Send` when its arguments and its body are.
#[test]
fn a_pair_can_be_sent() {
    fn send<T: Send>(_: &T) {}
    let client = Client::default();
    send(&client.len("").into_future());
    send(&fetch("u", 1).into_future());
}
