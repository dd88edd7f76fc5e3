//! `#[smart]` among names of the user's own, and by another name of the crate.

extern crate smartcall as sc;

/// What a module says by the names that expansions rely on.
mod taken {
    #![allow(dead_code, reason = "some are only in the way")]

    use ::std::fmt::Debug;

    use ::smartcall::smart;

    pub(super) mod smartcall {
        pub(in super::super) struct Dual;
        pub(in super::super) mod __private {}
    }
    pub(super) mod core {}

    #[derive(Debug, PartialEq)]
    pub(super) struct Result;
    #[derive(Debug, PartialEq)]
    pub(super) struct Option;
    #[derive(Debug, PartialEq)]
    pub(super) struct Dual;
    #[derive(Debug, PartialEq)]
    pub(super) struct DualOf(pub(super) u32);
    pub(super) struct Boxed;
    pub(super) struct Never;
    pub(super) trait Future {}
    pub(super) trait Work {}
    pub(super) struct DualStream;
    pub(super) struct DualStreamOf;
    pub(super) trait Source {}
    pub(super) trait Send {}
    pub(super) trait Sync {}
    pub(super) trait IntoFuture {}

    pub(super) fn never() {}
    pub(super) fn goes_to_the_pool() {}
    pub(super) const INPUT: u32 = 0;

    #[smart]
    pub(super) async fn result() -> Result {
        Result
    }

    #[smart(send)]
    pub(super) async fn option(dual: Dual) -> (Option, Dual) {
        (Option, dual)
    }

    #[smart]
    pub(super) fn dual() -> Dual {
        Dual
    }

    #[smart]
    pub(super) fn dual_of(DualOf(n): DualOf) -> DualOf {
        DualOf(n + INPUT)
    }

    #[smart(boxed)]
    pub(super) async fn boxed(n: &u32, m: &u32) -> u32 {
        *n + *m + INPUT
    }

    #[smart(blocking = twin)]
    pub(super) async fn paired((a, b): (u32, u32)) -> u32 {
        a + b
    }

    fn twin(_: (u32, u32)) -> u32 {
        0
    }

    #[smart]
    pub(super) async fn diverges() -> ! {
        panic!("{}", INPUT)
    }

    /// Arguments called as what an expansion might call its own.
    #[smart]
    pub(super) async fn named(result: u32, future: u32, this: u32, __self: u32, r: u32) -> u32 {
        result + future + this + __self + r
    }

    #[smart]
    pub(super) async fn numbered((a, b): (u32, u32), arg0: u32, arg1: u32, _: u32) -> u32 {
        a + b + arg0 + arg1
    }

    fn arg0() -> u32 {
        5
    }

    /// The name of an argument that has none is not the body's.
    #[smart]
    pub(super) async fn unnamed(_: u32) -> u32 {
        arg0()
    }

    #[smart]
    pub(super) async fn raw(r#type: u32, r#fn: u32) -> u32 {
        r#type + r#fn
    }

    #[smart(stream, send)]
    pub(super) async fn emits(emit: u32, items: u32, mut out: ::smartcall::Emit<u32>) {
        out.emit_all([emit, items]).await;
    }

    #[smart(stream, boxed, ahead = 1)]
    pub(super) fn iterates(emit: u32, items: u32) -> impl Iterator<Item = u32> {
        [emit, items].into_iter()
    }

    #[::smartcall::test(sync, foreign)]
    async fn a_test() {
        assert_eq!(result().await, Result);
    }
}

#[test]
fn names_of_the_user_are_the_users() {
    use taken::*;
    assert_eq!(result().get(), Result);
    assert_eq!(option(Dual).get(), (Option, Dual));
    assert_eq!(dual().get(), Dual);
    assert_eq!(dual_of(DualOf(5)).get(), DualOf(5));
    assert_eq!(boxed(&2, &3).get(), 5);
    assert_eq!(paired((2, 3)).get(), 0);
    assert!(::std::panic::catch_unwind(|| diverges().get()).is_err());
    assert_eq!(named(1, 2, 3, 4, 5).get(), 15);
    assert_eq!(numbered((1, 2), 3, 4, 5).get(), 10);
    assert_eq!(unnamed(6).get(), 5);
    assert_eq!(raw(2, 3).get(), 5);
    assert!(emits(2, 3).into_iter().chain(iterates(4, 5)).eq(2..6));
}

#[sc::smart(crate = sc)]
async fn renamed(n: &u32) -> u32 {
    *n
}

#[sc::smart(crate = crate::hygiene::sc, boxed)]
async fn renamed_boxed(n: u32) -> u32 {
    n
}

mod inside {
    pub(super) struct Renamed;

    #[crate::hygiene::sc::smart(crate = crate::hygiene::sc)]
    impl Renamed {
        pub(super) async fn one(&self) -> u32 {
            1
        }

        #[smart(boxed)]
        pub(super) async fn two(&self) -> u32 {
            2
        }
    }

    #[crate::hygiene::sc::test(crate = crate::hygiene::sc, sync)]
    async fn a_test() {
        assert_eq!(Renamed.one().await, 1);
    }
}

#[test]
fn a_renamed_crate() {
    assert_eq!(renamed(&5).get(), 5);
    assert_eq!(renamed_boxed(5).get(), 5);
    assert_eq!(inside::Renamed.one().get() + inside::Renamed.two().get(), 3);
}

/// A stream whose types come from a macro of the user's.
macro_rules! define_stream {
    ($name:ident, $item:ty, $emit:ty, $out:ty, $ahead:expr, $value:expr) => {
        #[sc::smart(stream)]
        async fn $name(mut out: $emit) -> $out {
            out.emit($value).await;
            Ok(())
        }

        impl $name {
            #[sc::smart(stream, ahead = $ahead)]
            fn iterates() -> impl Iterator<Item = $item> {
                [$value].into_iter()
            }
        }
    };
}

#[allow(non_camel_case_types)]
struct stream_from_a_macro {}

define_stream!(stream_from_a_macro, u32, sc::Emit<u32>, Result<(), String>, 1 + 1, 5);

#[test]
fn streams_by_macros_of_the_user() {
    assert!(stream_from_a_macro().into_iter().eq([Ok(5)]));
    assert!(stream_from_a_macro::iterates().into_iter().eq([5]));
}

/// A function that comes from a macro of the user's, with names and a body of either side.
macro_rules! define {
    ($(#[$attr:meta])* $vis:vis $name:ident($arg:ident: $ty:ty) -> $out:ty $body:block) => {
        #[sc::smart]
        $(#[$attr])* $vis async fn $name($arg: $ty, own: $ty) -> $out {
            let inner: $out = $body;
            inner + own
        }
    };
}

define!(
    /// From a macro.
    pub(crate) from_a_macro(n: u32) -> u32 {
        n * 2
    }
);

/// Types and whole functions of a macro's arguments.
macro_rules! define_more {
    ($name:ident, $ty:ty, $pat:pat, $value:expr, $out:ty, $body:block) => {
        #[sc::smart]
        async fn $name($pat: $ty) -> $out $body

        impl $name {
            #[sc::smart]
            async fn value(&self) -> u32 {
                $value
            }
        }
    };
}

#[allow(non_camel_case_types, reason = "it has the name of the function")]
struct ends {}

define_more!(ends, &str, _, 5, !, { panic!("it ends") });

#[test]
fn a_function_from_a_macro() {
    assert!(std::panic::catch_unwind(|| ends("").get()).is_err());
    assert_eq!(ends {}.value().get(), 5);
    assert_eq!(from_a_macro(2, 3).get(), 7);
}
