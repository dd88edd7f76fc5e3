//! What the compiler checks of a function with `#[smart]`, so that its messages say what is wrong and where.

use std::borrow::{Borrow, ToOwned};
use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;

/// Names the type `!`, which may not yet be written as an argument of a type.
pub trait Returns {
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The type `!`.
pub type Never = <fn() -> ! as Returns>::Type;

/// Stands for a value of the type that a body returns, in code that is never reached.
#[cold]
pub fn never<T>() -> T {
    unreachable!("expansions don't reach it")
}

/// What an argument of sync code has to be, so that a pool may run the code.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't send an argument of type `{Self}` to a thread pool: take one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that blocks in a `Dual::blocking(move || ..).await`",
    label = "is not `Send + 'static`",
    note = "an `Arc` is, where an `Rc` is not; a type parameter is if it is bounded so"
)]
pub trait Argument: Send + 'static {}

// Otherwise the compiler would name `Send` as what is missing, and not say what for.
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Argument for T {}

/// Takes an argument of sync code that a pool may run.
///
/// It does nothing: it is there so that the compiler complains at the argument, and not only
/// at the code that uses it.
#[inline(always)]
pub fn goes_to_the_pool<T: Argument>(_: &T) {}

/// What sync code has to return, so that a pool may run it.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't get a value of type `{Self}` back from a thread pool: return one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that blocks in a `Dual::blocking(move || ..).await`",
    label = "is not `Send + 'static`",
    note = "an `Arc` is, where an `Rc` is not; a type parameter is if it is bounded so"
)]
pub trait Output: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Output for T {}

/// Passes on sync code that a pool may run, so that the compiler complains at the output.
#[inline(always)]
pub fn comes_from_the_pool<T: Output, F: FnOnce() -> T>(code: F) -> F {
    code
}

/// What the body of an `owned` function is lent as a `T`, made owned when the function is called.
pub struct Kept<T: ?Sized, O> {
    /// What is owned.
    owned: O,
    /// As what it is lent.
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

/// What a borrowed argument of an `owned` function has to be: `ToOwned`.
///
/// It names the owned type itself. With that of `ToOwned` the compiler would complain twice of an
/// argument that is not `Clone`.
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

/// Makes a borrowed argument owned.
#[inline(always)]
pub fn keep<T: ?Sized + Lent>(lent: &T) -> Kept<T, T::Owned> {
    Kept::new(lent.keep())
}

/// What the `self` of an `owned` function has to be.
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

/// Takes an argument of an `owned` function. It is there so that the compiler complains at the
/// argument if that hides a lifetime.
#[inline(always)]
pub fn borrows_nothing<T: ?Sized + 'static>(_: &T) {}
