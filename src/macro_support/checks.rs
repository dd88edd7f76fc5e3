//! What the compiler checks in a function with `#[smart]`, so that its messages name the problem and the place.

use std::borrow::{Borrow, ToOwned};
use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;

/// Names the type `!`, which can't yet be written as a type argument.
pub trait Returns {
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The type `!`.
pub type Never = <fn() -> ! as Returns>::Type;

/// Is a value of the type that a body returns, in code that never runs.
#[cold]
pub fn never<T>() -> T {
    unreachable!("expansions don't reach it")
}

/// The bound on an argument of sync code that may run on a pool.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't send an argument of type `{Self}` to a thread pool: take one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that copies what it needs and awaits `Dual::blocking(move || ..)`",
    label = "is not `Send + 'static`",
    note = "an `Rc` is not `Send`, and an `Arc` is if what it holds is `Send` and `Sync`, which a `Mutex` is; a type parameter needs the bound `Send + 'static`"
)]
pub trait Argument: Send + 'static {}

// Otherwise the compiler would report that `Send` is missing, and not why it is needed.
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Argument for T {}

/// Takes an argument of sync code that may run on a pool.
///
/// It does nothing. It makes the compiler report a wrong type at the argument, and not only at the code that uses it.
#[inline(always)]
pub fn goes_to_the_pool<T: Argument>(_: &T) {}

/// The bound on the value of sync code that may run on a pool.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't get a value of type `{Self}` back from a thread pool: return one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that awaits `Dual::blocking(move || ..)`",
    label = "is not `Send + 'static`",
    note = "an `Rc` is not `Send`, and an `Arc` is if what it holds is `Send` and `Sync`, which a `Mutex` is; a type parameter needs the bound `Send + 'static`"
)]
pub trait Output: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Output for T {}

/// Returns sync code that may run on a pool, so that the compiler reports a wrong type at the output.
#[inline(always)]
pub fn comes_from_the_pool<T: Output, F: FnOnce() -> T>(code: F) -> F {
    code
}

/// The bound on the iterator of sync code that may run on a pool.
#[diagnostic::on_unimplemented(
    message = "`#[smart(stream)]` can't run an iterator of type `{Self}` on a thread pool: return one that is \
               `Send + 'static`, whose items are `Send`. For sync code that can't, write a function \
               without the attribute that returns `DualStream::produce(ahead, |out| ..)`",
    label = "is not `Send + 'static`, or its items are not `Send`",
    note = "an iterator is `Send` if everything is that it holds: an `Rc` is not, and an `Arc` is if what it holds is `Send` and `Sync`, which a `Mutex` is; a type parameter needs the \
            bound `Send + 'static`"
)]
pub trait Items: IntoIterator<Item: Send, IntoIter: Send + 'static> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<I> Items for I where I: IntoIterator<Item: Send, IntoIter: Send + 'static> + Send + 'static {}

/// Returns sync code whose iterator may run on a pool, so that the compiler reports a wrong type at the output.
#[inline(always)]
pub fn iterates_on_the_pool<I: Items, F: FnOnce() -> I>(code: F) -> F {
    code
}

/// Returns sync code that may fail to open such an iterator.
#[inline(always)]
pub fn tries_to_iterate_on_the_pool<I, T, E, F>(code: F) -> F
where
    I: Items<Item = Result<T, E>>,
    E: Send + 'static,
    F: FnOnce() -> Result<I, E>,
{
    code
}

/// An owned copy of what the body of an `owned` function borrows as a `T`. It is made when the function is called.
pub struct Kept<T: ?Sized, O> {
    /// The copy.
    owned: O,
    /// The type that the body borrows it as.
    lent: PhantomData<fn() -> *const T>,
}

impl<T: ?Sized, O> Debug for Kept<T, O> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl<T: ?Sized, O: Borrow<T>> Kept<T, O> {
    #[inline(always)]
    fn new(owned: O) -> Self {
        Kept {
            owned,
            lent: PhantomData,
        }
    }

    #[inline(always)]
    pub fn lend(&self) -> &T {
        self.owned.borrow()
    }

    #[inline(always)]
    pub fn owned(&self) -> &O {
        &self.owned
    }
}

/// The bound on a borrowed argument of an `owned` function: `ToOwned`.
///
/// It has its own associated type. With that of `ToOwned`, the compiler would report twice that an argument
/// is not `Clone`.
pub trait Lent {
    type Owned: Borrow<Self>;

    fn keep(&self) -> Self::Owned;
}

impl<T: ?Sized + ToOwned> Lent for T {
    type Owned = T::Owned;

    #[inline(always)]
    fn keep(&self) -> T::Owned {
        self.to_owned()
    }
}

/// Copies a borrowed argument.
#[inline(always)]
pub fn keep<T: ?Sized + Lent>(lent: &T) -> Kept<T, T::Owned> {
    Kept::new(lent.keep())
}

/// The bound on the `self` of an `owned` function.
#[diagnostic::on_unimplemented(
    message = "`#[smart(owned)]` clones `self`, and `{Self}` is not `Clone`: derive it, or take `self: Arc<Self>` \
               and remove the `&`",
    label = "is not `Clone`",
    note = "a struct whose fields are in an `Arc` is cheap to clone"
)]
pub trait LentSelf: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> LentSelf for T {}

/// Clones the `self` of a function.
#[inline(always)]
pub fn keep_self<T: LentSelf>(this: &T) -> Kept<T, T> {
    Kept::new(Clone::clone(this))
}

/// Takes an argument of an `owned` function, so that the compiler reports a hidden lifetime at the argument.
#[inline(always)]
pub fn borrows_nothing<T: ?Sized + 'static>(_: &T) {}
