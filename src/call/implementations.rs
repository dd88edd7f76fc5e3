//! The implementations of the callable traits, for each kind and each number of arguments.

use std::fmt;
use std::future::Future;

use smartcall_context::internal as context;

use crate::call::siblings::{SmartCallMut, SmartCallOnce, SmartCallRef};
use crate::call::smart_call::SmartCall;
use crate::dual::handle::Dual;
use crate::kind::{self, Named};
use crate::offload::code::Code;
use crate::work::blocking::Blocking;
use crate::work::future::Async;
use crate::work::ready::Ready;
use crate::work::staying::InPlace;

/// A callable with its arguments, ready to be called.
#[doc(hidden)]
pub struct Call<F, Args> {
    f: F,
    args: Args,
}

impl<F, Args> fmt::Debug for Call<F, Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// The method of an implementation: it makes a handle from the arguments.
macro_rules! invoke {
    ($invoke:ident($($this:tt)*), [$($arg:ident)*] => $dual:expr) => {
        #[inline]
        #[track_caller]
        #[allow(non_snake_case, reason = "an argument is named after its type")]
        fn $invoke($($this)*, ($($arg,)*): ($($arg,)*)) -> Dual<Out, Self::Work> {
            $dual
        }
    };
}

/// Implements a trait for async callables, bare and named. They are called at once; only their futures wait.
macro_rules! asynchronous {
    ($Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), [$f:expr, $named:expr], [$($arg:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<F, Fut, Out, $($arg),*> $Trait<Out, kind::Async, ($($arg,)*)> for F
        where
            F: $Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            invoke!($invoke($($this)*), [$($arg)*] => Dual::future($f($($arg),*)));
        }

        #[diagnostic::do_not_recommend]
        impl<F, Fut, Out, $($arg),*> $Trait<Out, kind::Async, ($($arg,)*)> for Named<F, kind::Async>
        where
            F: $Fn($($arg),*) -> Fut,
            Fut: Future<Output = Out>,
        {
            type Work = Async<Fut>;

            invoke!($invoke($($this)*), [$($arg)*] => Dual::future($named($($arg),*)));
        }
    };
}

/// Implements a trait for sync callables that stay on this thread, bare and named. They are called at once.
macro_rules! staying {
    ($Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), [$f:expr, $named:expr], [$($arg:ident)*]) => {
        impl<F, Out, $($arg),*> $Trait<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: $Fn($($arg),*) -> Out,
            Out: Unpin,
        {
            type Work = Ready<Out>;

            invoke!($invoke($($this)*), [$($arg)*] => {
                Dual::ready(context::run_in_place(|| $f($($arg),*)))
            });
        }

        staying!(named Sync, $Trait, $Fn, $invoke, ($($this)*), $named, [$($arg)*]);
        staying!(named InPlace, $Trait, $Fn, $invoke, ($($this)*), $named, [$($arg)*]);
    };
    (named $Kind:ident, $Trait:ident, $Fn:ident, $invoke:ident, ($($this:tt)*), $named:expr, [$($arg:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> $Trait<Out, kind::$Kind, ($($arg,)*)> for Named<F, kind::$Kind>
        where
            F: $Fn($($arg),*) -> Out,
        {
            type Work = Ready<Out>;

            invoke!($invoke($($this)*), [$($arg)*] => {
                Dual::ready(context::run_in_place(|| $named($($arg),*)))
            });
        }
    };
}

/// Implements the traits for callables of one number of arguments.
///
/// The implementations for async and for named callables are marked `do_not_recommend`. Otherwise each message of the
/// compiler would list them all, beside those that the reader may have meant. The implementations for bare sync
/// callables are not marked: the compiler then names the capture that is not `Send`.
macro_rules! arity {
    ($($arg:ident)*) => {
        impl<F, Out, $($arg),*> Code for Call<F, ($($arg,)*)>
        where
            F: FnOnce($($arg),*) -> Out,
        {
            type Output = Out;

            #[inline]
            #[allow(non_snake_case, reason = "an argument is named after its type")]
            fn run(self) -> Out {
                let ($($arg,)*) = self.args;
                (self.f)($($arg),*)
            }
        }

        // Two of the bounds protect the user.
        //
        // `Out: Unpin`: an async callable is an `Fn() -> Out` too, with a future as its output. While `Out` is not
        // known, as in `once(async || 5).get()`, this implementation would fit as well as the one for async
        // callables, and the compiler would ask for annotations. Futures of async code are not `Unpin`, and neither
        // is a `Dual`. So only one implementation fits.
        //
        // `F: Sync`: the callable is cloned for each call. A captured `Cell` that counts calls would silently start
        // afresh each time. With this bound it does not compile.
        impl<F, Out, $($arg),*> SmartCall<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Out + Clone + Send + Sync + 'static,
            Out: Send + Unpin + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::Sync, ($($arg,)*)> for Named<F, kind::Sync>
        where
            F: Fn($($arg),*) -> Out + Clone + Send + Sync + 'static,
            Out: Send + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.f.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)> for Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out + Clone,
        {
            type Work = InPlace<Call<F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: self.f.clone(), args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<'f, F, Out, $($arg),*> SmartCall<Out, kind::InPlace, ($($arg,)*)>
            for &'f Named<F, kind::InPlace>
        where
            F: Fn($($arg),*) -> Out,
        {
            type Work = InPlace<Call<&'f F, ($($arg,)*)>>;

            invoke!(invoke_with(&self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: &self.f, args: ($($arg,)*) }))
            });
        }

        asynchronous!(SmartCall, Fn, invoke_with, (&self), [self, (self.f)], [$($arg)*]);

        staying!(SmartCallRef, Fn, invoke_ref_with, (&self), [self, (self.f)], [$($arg)*]);
        asynchronous!(SmartCallRef, Fn, invoke_ref_with, (&self), [self, (self.f)], [$($arg)*]);

        staying!(SmartCallMut, FnMut, invoke_mut_with, (&mut self), [self, (self.f)], [$($arg)*]);
        asynchronous!(SmartCallMut, FnMut, invoke_mut_with, (&mut self), [self, (self.f)], [$($arg)*]);

        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::Sync, ($($arg,)*)> for F
        where
            F: FnOnce($($arg),*) -> Out + Send + 'static,
            Out: Send + Unpin + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self, args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::Sync, ($($arg,)*)> for Named<F, kind::Sync>
        where
            F: FnOnce($($arg),*) -> Out + Send + 'static,
            Out: Send + 'static,
            $($arg: Send + 'static,)*
        {
            type Work = Blocking<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(Blocking::new(Call { f: self.f, args: ($($arg,)*) }))
            });
        }

        #[diagnostic::do_not_recommend]
        impl<F, Out, $($arg),*> SmartCallOnce<Out, kind::InPlace, ($($arg,)*)> for Named<F, kind::InPlace>
        where
            F: FnOnce($($arg),*) -> Out,
        {
            type Work = InPlace<Call<F, ($($arg,)*)>>;

            invoke!(invoke_once_with(self), [$($arg)*] => {
                Dual::new(InPlace::new(Call { f: self.f, args: ($($arg,)*) }))
            });
        }

        asynchronous!(SmartCallOnce, FnOnce, invoke_once_with, (self), [self, (self.f)], [$($arg)*]);
    };
}

arity!();
arity!(A);
arity!(A B);
arity!(A B C);
arity!(A B C D);
arity!(A B C D E);
arity!(A B C D E G);
arity!(A B C D E G H);
arity!(A B C D E G H I);
