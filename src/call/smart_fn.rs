//! Callables with erased types.

use std::fmt;
use std::sync::Arc;

use crate::call::siblings::{SmartCallMut, SmartCallOnce, SmartCallRef};
use crate::call::smart_call::SmartCall;
use crate::dual::handle::Dual;
use crate::kind;
use crate::work::boxed::Boxed;

/// A callable of any type that can be cloned and stored.
///
/// Use it to keep callables of different kinds in one collection. It is an async callable itself, and so is a
/// reference to it: both implement each of the callable traits. Bring [`SmartCall`] into scope to call it. For a
/// callback that borrows its argument, use a [`SmartFnRef`].
///
/// It can also shorten compile times. Many nested layers with the bound `Work: Send`, each around the next in generic
/// code, can take the compiler long. A `SmartFn` in between erases the type: the compiler does not see the types
/// inside.
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

/// A callback of any type that borrows its argument, and that can be cloned and stored.
///
/// Use it for a registry of handlers: sync closures, async closures and `#[smart]` functions. It is a
/// [`SmartCallRef`] itself. Each callback is called by `&self`, and a sync one at once, on the thread of the caller.
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

/// A closure that borrows its argument.
type Lent<Out, A> = dyn for<'a> Fn(&'a A) -> Dual<Out, Boxed<'a, Out>> + Send + Sync;

impl<Out, A: ?Sized> SmartFnRef<Out, A> {
    /// Erases the type of a callback.
    ///
    /// A closure needs the type of its argument, `|event: &Event| …`. Without it the compiler reports a limitation of
    /// its trait solver.
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

    /// Erases the type of a closure that returns a boxed handle.
    ///
    /// Use it for stored async closures that own their captures and use them beside the argument: these fit no bound.
    /// The result can be passed wherever a [`SmartCallRef`] is taken, for example to the `add` of a registry.
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

/// Implements the traits for an erased callable and for a reference to it.
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
