//! Callables whose type is erased.

use std::fmt;
use std::sync::Arc;

use crate::call::siblings::{SmartCallMut, SmartCallOnce, SmartCallRef};
use crate::call::smart_call::SmartCall;
use crate::dual::handle::Dual;
use crate::kind;
use crate::work::boxed::Boxed;

/// A callable of any type, that can be cloned and stored.
///
/// It keeps callables of different kinds in one collection. It is an async callable itself, for each of the traits, and
/// so is a reference to it. Bring [`SmartCall`] into scope to call it. What is lent its argument is a [`SmartFnRef`].
///
/// It also ends a chain of types. Many layers that ask for `Work: Send`, each around the next in generic code,
/// can take the compiler long. With a `SmartFn` in between, they start anew.
///
/// # Examples
///
/// ```
/// use smartcall::{SmartCall, SmartFn};
///
/// let ops = [
///     SmartFn::new(|n: u32| n + 1),
///     SmartFn::new(async |n: u32| n * 2),
/// ];
/// let results: Vec<u32> = ops.iter().map(|op| op.invoke_with((5,)).get()).collect();
/// assert_eq!(results, [6, 10]);
/// ```
pub struct SmartFn<Out, Args = ()> {
    call: Arc<dyn Fn(Args) -> Dual<Out> + Send + Sync>,
}

impl<Out, Args> SmartFn<Out, Args> {
    /// Erases the type of a callable.
    pub fn new<F, K>(f: F) -> Self
    where
        F: SmartCall<Out, K, Args, Work: Send> + Send + Sync + 'static,
        Out: 'static,
        Args: 'static,
        K: 'static,
    {
        SmartFn {
            call: Arc::new(move |args| f.invoke_with(args).boxed()),
        }
    }
}

impl<Out, Args> Clone for SmartFn<Out, Args> {
    fn clone(&self) -> Self {
        SmartFn {
            call: Arc::clone(&self.call),
        }
    }
}

impl<Out, Args> fmt::Debug for SmartFn<Out, Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartFn").finish_non_exhaustive()
    }
}

/// A callback of any type that is lent its argument, which can be cloned and stored.
///
/// It is what a registry of handlers holds: sync closures, async closures and `#[smart]` functions alike. Each is
/// called by `&self`, as a [`SmartCallRef`] is: a sync one at once, on the thread of the caller. It is a
/// [`SmartCallRef`] itself.
///
/// # Examples
///
/// ```
/// use smartcall::{SmartCallRef, SmartFnRef};
///
/// struct Event { id: u32 }
///
/// async fn log(event: &Event) {
///     println!("{}", event.id);
/// }
///
/// let handlers: Vec<SmartFnRef<(), Event>> = vec![
///     SmartFnRef::new(|event: &Event| println!("{}", event.id)),
///     SmartFnRef::new(log),
/// ];
/// let event = Event { id: 5 };
/// for handler in &handlers {
///     handler.invoke_ref_with((&event,)).get();
/// }
/// ```
pub struct SmartFnRef<Out, A: ?Sized> {
    call: Arc<Lent<Out, A>>,
}

/// A closure that is lent its argument.
type Lent<Out, A> = dyn for<'a> Fn(&'a A) -> Dual<Out, Boxed<'a, Out>> + Send + Sync;

impl<Out, A: ?Sized> SmartFnRef<Out, A> {
    /// Erases the type of a callback.
    ///
    /// Of a closure the argument's type is written, `|event: &Event| …`: without it the compiler speaks of a limitation of its
    /// trait solver.
    pub fn new<K>(
        f: impl for<'a> SmartCallRef<Out, K, (&'a A,), Work: Send> + Send + Sync + 'static,
    ) -> Self
    where
        Out: 'static,
        A: 'static,
        K: 'static,
    {
        SmartFnRef {
            call: Arc::new(move |argument| f.invoke_ref_with((argument,)).boxed()),
        }
    }

    /// Erases the type of a closure that makes the boxed handle itself.
    ///
    /// It is for stored async closures that own what they captured and use it beside the argument, which fit no bound. What it
    /// makes goes wherever a [`SmartCallRef`] is taken, a registry's `add` among them.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, SmartCallRef, SmartFnRef};
    ///
    /// let prefix = String::from("got ");
    /// let handler = SmartFnRef::from_fn(move |text: &String| {
    ///     let prefix = prefix.clone();
    ///     Dual::future(async move { prefix + text }).boxed()
    /// });
    /// assert_eq!(handler.invoke_ref_with((&"it".into(),)).get(), "got it");
    /// ```
    pub fn from_fn(
        f: impl for<'a> Fn(&'a A) -> Dual<Out, Boxed<'a, Out>> + Send + Sync + 'static,
    ) -> Self {
        SmartFnRef { call: Arc::new(f) }
    }
}

impl<Out, A: ?Sized> Clone for SmartFnRef<Out, A> {
    fn clone(&self) -> Self {
        SmartFnRef {
            call: Arc::clone(&self.call),
        }
    }
}

impl<Out, A: ?Sized> fmt::Debug for SmartFnRef<Out, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartFnRef").finish_non_exhaustive()
    }
}

impl<Out, Args> SmartFn<Out, Args> {
    fn call(&self, args: Args) -> Dual<Out> {
        (self.call)(args)
    }
}

impl<Out, A: ?Sized> SmartFnRef<Out, A> {
    fn call<'a>(&self, (argument,): (&'a A,)) -> Dual<Out, Boxed<'a, Out>> {
        (self.call)(argument)
    }
}

/// The implementations of the traits for an erased callable and for a reference to it.
macro_rules! erased {
    ([$($generics:tt)*] $Type:ty, $Args:ty, $Work:ty) => {
        erased!([$($generics)*] $Type, $Args, $Work; SmartCallRef invoke_ref_with(&self) self);
        erased!([$($generics)*] $Type, $Args, $Work; SmartCallMut invoke_mut_with(&mut self) self);
        erased!([$($generics)*] $Type, $Args, $Work; SmartCallOnce invoke_once_with(self) self);
    };
    ([$($generics:tt)*] $Type:ty, $Args:ty, $Work:ty; $Trait:ident $invoke:ident($($this:tt)*) $self:ident) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $Trait<Out, kind::Async, $Args> for $Type {
            type Work = $Work;

            fn $invoke($($this)*, args: $Args) -> Dual<Out, $Work> {
                $self.call(args)
            }
        }
    };
}

erased!([Out, Args] SmartFn<Out, Args>, Args, Boxed<'static, Out>; SmartCall invoke_with(&self) self);
erased!([Out, Args] &SmartFn<Out, Args>, Args, Boxed<'static, Out>; SmartCall invoke_with(&self) self);
erased!([Out, Args] SmartFn<Out, Args>, Args, Boxed<'static, Out>);
erased!([Out, Args] &SmartFn<Out, Args>, Args, Boxed<'static, Out>);
erased!(['a, Out, A: ?Sized] SmartFnRef<Out, A>, (&'a A,), Boxed<'a, Out>);
erased!(['a, Out, A: ?Sized] &SmartFnRef<Out, A>, (&'a A,), Boxed<'a, Out>);
