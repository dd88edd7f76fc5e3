//! Which traits types have, checked by the compiler.

/// Compiles only if a type has a trait.
macro_rules! has {
    ($($ty:ty: $($bound:path),+;)*) => {$($(
        const _: fn() = || {
            fn check<T: ?Sized + $bound>() {}
            check::<$ty>();
        };
    )+)*};
}

/// Compiles only if a type does not have a trait: else it is not known which `check` is meant.
macro_rules! has_not {
    ($($ty:ty: $($bound:path),+;)*) => {$($(
        const _: fn() = || {
            trait Ambiguous<A> {
                fn check() {}
            }
            struct IfItHas;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $bound> Ambiguous<IfItHas> for T {}
            <$ty as Ambiguous<_>>::check();
        };
    )+)*};
}

pub(crate) use {has, has_not};
