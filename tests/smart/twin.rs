//! Plain functions beside those that return handles: the option `twin`.

use std::any::type_name_of_val;
use std::future::Future;
use std::pin::Pin;

use smartcall::smart;

use crate::common::panicked_at;

/// A client as a library has it.
mod store {
    use std::fmt::Debug;

    use smartcall::{Emit, smart};

    use self::keys::Key;

    mod keys {
        pub(crate) type Key = usize;
    }

    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Store<T> {
        values: Vec<T>,
    }

    #[smart(twin = blocking, derive(Clone))]
    #[cfg(not(any()))]
    impl<T> Store<T>
    where
        T: Clone + Debug + Send + Sync + 'static,
    {
        /// The first key.
        pub(crate) const FIRST: Key = 0;

        /// Opens a store.
        pub(crate) async fn open(values: &[T]) -> Result<Self, String> {
            if values.is_empty() {
                return Err("it is empty".to_owned());
            }
            Ok(Store::new(values.to_vec()))
        }

        pub(crate) async fn open_any(values: Option<&[T]>) -> Option<Store<T>> {
            Store::open(values?).await.ok()
        }

        pub(crate) fn new(values: Vec<T>) -> Self {
            Store { values }
        }

        pub(crate) fn len(&self) -> usize {
            self.values.len()
        }

        #[must_use]
        pub(crate) async fn get(&self, key: Key) -> Option<&T> {
            self.checked(key).await?;
            self.values.get(key)
        }

        pub(crate) async fn put(&mut self, (key, value): (Key, T)) -> T {
            std::mem::replace(&mut self.values[key], value)
        }

        pub(crate) async fn joined(mut self, other: Self, more: &Store<T>) -> Self {
            self.values.extend(other.values);
            self.values.extend_from_slice(&more.values);
            self
        }

        pub(super) async fn swap(&mut self, other: &mut Self) {
            std::mem::swap(&mut self.values, &mut other.values);
        }

        pub(crate) async fn find(&self, wanted: impl Fn(&T) -> bool) -> Option<T> {
            self.values.iter().find(|value| wanted(value)).cloned()
        }

        pub(crate) async fn made<V: From<T>>(&self, key: Key) -> V {
            V::from(self.values[key].clone())
        }

        #[smart(stream)]
        pub(crate) async fn all(&self, mut out: Emit<T>) {
            for value in &self.values {
                out.emit(value.clone()).await;
            }
        }

        #[smart(stream)]
        pub(crate) async fn each(&self, mut out: Emit<Self>) -> Result<(), String> {
            for value in &self.values {
                out.emit(Store::new(vec![value.clone()])).await;
            }
            Err("that was all".to_owned())
        }

        /// A sync function that returns a handle.
        #[smart(owned)]
        pub(crate) fn last(&self) -> Option<T> {
            self.values.last().cloned()
        }

        #[smart(boxed)]
        pub(crate) async fn count(&self) -> usize {
            self.len()
        }

        #[deprecated = "it warns who calls it, and not its author"]
        pub(crate) async fn old(&self) {}

        /// It returns its own type in a way that a twin can't, and has a handle all the same.
        #[smart(no_twin)]
        pub(crate) async fn all_of(&self) -> Vec<Self> {
            vec![self.clone()]
        }

        /// It returns its own type in a way that a twin can't.
        #[smart(skip)]
        pub(crate) fn cleared(&mut self) -> &mut Self {
            self.values.clear();
            self
        }

        async fn checked(&self, key: Key) -> Option<()> {
            (key < self.len()).then_some(())
        }
    }
}

use store::{Store, blocking};

/// The functions of the twin return values, and errors, and its own type.
#[test]
fn of_a_block() {
    let mut plain = blocking::Store::open(&[1_u8, 2]).expect("it is not empty");
    assert_eq!(blocking::Store::<u8>::FIRST, 0);
    assert_eq!(
        blocking::Store::<u8>::open(&[]).err().as_deref(),
        Some("it is empty")
    );
    assert!(blocking::Store::<u8>::open_any(None).is_none());
    assert_eq!(plain.len(), 2);
    assert_eq!(plain.get(1), Some(&2));
    assert_eq!(plain.put((0, 5)), 1);
    assert_eq!(plain.find(|n| *n == 5), Some(5));
    assert_eq!(plain.made::<u64>(0), 5);
    assert_eq!(plain.last(), Some(2));
    assert_eq!(plain.count(), 2);
    plain.swap(&mut blocking::Store::new(vec![6]));
    let other = plain.clone();
    let joined = plain.joined(other, &blocking::Store::new(vec![7]));
    assert_eq!(joined.all().collect::<Vec<_>>(), [6, 6, 7]);
    let each: Vec<_> = joined
        .each()
        .map(|each| each.map(|one| one.len()))
        .collect();
    let end = Err("that was all".to_owned());
    assert_eq!(each, [Ok(1), Ok(1), Ok(1), end]);
    // It lends the type of the block, and shows nothing of it.
    assert_eq!(joined.as_ref().len(), 3);
    assert_eq!(joined.as_ref().all_of().get().len(), 1);
    assert_eq!(format!("{joined:?}"), "Store { .. }");
    assert_eq!(Store::from(joined), Store::new(vec![6, 6, 7]));
}

/// The functions of the block return handles, as without the option.
#[test]
fn handles_stay() {
    pollster::block_on(async {
        let mut store = Store::open(&[1_u8]).await.expect("it is not empty");
        assert_eq!(store.get(0).await, Some(&1));
        assert_eq!(store.cleared().get(0).get(), None);
        assert!(blocking::Store::from(store).all().next().is_none());
    });
}

/// A type with a lifetime.
mod words {
    use smartcall::smart;

    pub(crate) struct Words<'a>(pub(crate) &'a str);

    #[smart(twin = plain)]
    impl<'a> Words<'a> {
        pub(crate) async fn first(&self) -> &'a str {
            self.0.split(' ').next().unwrap_or_default()
        }
    }
}

#[test]
fn lifetimes() {
    let first = words::plain::Words::from(words::Words("two words")).first();
    assert_eq!(first, "two");
}

/// An async crate that wants nothing but the twin.
mod kept {
    use smartcall::smart;

    pub(crate) struct Client(pub(crate) u32);

    #[smart(twin = pub(crate) blocking, keep_async)]
    impl Client {
        const TWO: usize = 2;

        pub(crate) async fn twice(&self) -> [u32; Self::TWO] {
            [self.0; Self::TWO]
        }

        pub(crate) async fn connect(n: u32) -> std::io::Result<Self> {
            Ok(Client(n))
        }

        pub(crate) async fn get(&self) -> u32 {
            self.0
        }

        pub(crate) fn peek(&self) -> u32 {
            self.0
        }
    }

    #[smart(twin = fetch_blocking, keep_async)]
    pub(crate) async fn fetch(n: u32) -> u32 {
        n
    }
}

#[test]
fn async_functions_are_kept() {
    let client = kept::Client(5);
    assert!(!type_name_of_val(&client.get()).contains("Dual"));
    assert!(!type_name_of_val(&kept::fetch(5)).contains("Dual"));
    assert_eq!(pollster::block_on(client.get()), 5);
    let plain = kept::blocking::Client::connect(5).expect("it connects");
    assert_eq!((plain.get(), plain.peek()), (5, 5));
    assert_eq!(plain.twice(), [5, 5]);
    assert_eq!(kept::fetch_blocking(5), 5);
}

/// A client and its builder, each with a twin.
mod built {
    use smartcall::{Emit, smart};

    #[derive(Default)]
    pub(crate) struct Builder<T> {
        parts: Vec<T>,
    }

    pub(crate) struct Client(pub(crate) u32);

    #[smart(twin = builders, types(Client = super::built::clients::Client))]
    impl<T: Into<u32> + Send + 'static> Builder<T> {
        pub(crate) fn new() -> Self {
            Builder { parts: Vec::new() }
        }

        pub(crate) fn part(mut self, part: T) -> Self {
            self.parts.push(part);
            self
        }

        pub(crate) async fn build(self) -> Result<Client, String> {
            match self.parts.is_empty() {
                true => Err("it has no part".to_owned()),
                false => Ok(Client(self.parts.into_iter().map(Into::into).sum())),
            }
        }
    }

    #[smart(twin = clients, types(Builder = builders::Builder))]
    impl Client {
        pub(crate) fn builder() -> Builder<u8> {
            Builder::new()
        }

        pub(crate) async fn built(builder: Builder<u8>, more: &Builder<u8>) -> Self {
            let sum = builder
                .parts
                .iter()
                .chain(&more.parts)
                .copied()
                .map(u32::from)
                .sum();
            Client(sum)
        }

        pub(crate) async fn add_to(&self, builder: &mut Builder<u32>) {
            builder.parts.push(self.0);
        }

        #[smart(stream)]
        pub(crate) async fn builders(&self, mut out: Emit<Option<Builder<u32>>>) {
            out.emit(None).await;
            out.emit(Some(Builder::new().part(self.0))).await;
        }
    }

    #[smart(twin = connect_blocking, types(Client = clients::Client))]
    pub(crate) async fn connect(n: u32) -> Client {
        Client(n)
    }
}

/// The functions of a twin take and return the twins of other types.
#[test]
fn of_types_that_name_each_other() {
    use built::{builders::Builder, clients::Client};

    let client: Client = Client::builder()
        .part(2)
        .part(3)
        .build()
        .expect("it has a part");
    assert_eq!(built::Client::from(client).0, 5);
    assert_eq!(
        Client::builder().build().err().as_deref(),
        Some("it has no part")
    );
    let client = Client::built(Builder::new().part(1), &Builder::new().part(2));
    let mut more: Builder<u32> = Builder::new().part(4);
    client.add_to(&mut more);
    let sum =
        |builder: Builder<u32>| built::Client::from(builder.build().expect("it has a part")).0;
    assert_eq!(sum(more), 7);
    let each: Vec<_> = client.builders().map(|builder| builder.map(sum)).collect();
    assert_eq!(each, [None, Some(3)]);
    let client: Client = built::connect_blocking(5);
    assert_eq!(client.as_ref().0, 5);
}

/// Gets a number.
#[smart(twin = number_blocking)]
async fn number(n: impl Into<u32>) -> u32 {
    n.into()
}

struct Methods(u32);

impl Methods {
    #[smart(twin = get_blocking)]
    async fn get(&self) -> u32 {
        self.0
    }
}

#[smart]
impl Methods {
    #[smart(twin = made_blocking)]
    async fn made(n: u32) -> Self {
        Methods(n)
    }

    #[smart(twin = boxed_blocking)]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = u32> + '_>> {
        Box::pin(async { self.0 })
    }

    #[smart(stream, twin = iter)]
    fn all(self) -> impl Iterator<Item = u32> {
        0..self.0
    }
}

/// A function has its twin where it stands.
#[test]
fn of_functions() {
    assert_eq!(number_blocking(5_u8), 5);
    let five = Methods::made_blocking(5);
    assert_eq!(five.get_blocking(), 5);
    assert_eq!(pollster::block_on(five.get()), 5);
    assert_eq!(five.boxed_blocking(), 5);
    assert!(five.iter().eq(0..5));
}

/// A panic names the line of the call, as `get` does.
#[test]
fn panics_at_the_line_of_the_call() {
    let in_an_executor = || smartcall::context::inside_executor(|| number_blocking(5_u8));
    let (place, said) = panicked_at(in_an_executor);
    assert!(place.starts_with(file!()), "{place}");
    assert!(said.starts_with("cannot block here"), "{said}");
}
