//! The driver's imports from `waits/`. The model notes no waits.

#[path = "../../../src/waits/edges.rs"]
#[allow(dead_code)]
pub(crate) mod edges;

/// `threads.rs`, which has the `Arc` of `std`.
#[allow(dead_code)]
pub(crate) mod threads {
    use super::edges::{Edges, Line};
    use crate::sync::Arc;

    #[derive(Clone, Copy)]
    pub(crate) enum Kind {
        Get,
        Send,
        BlockOn,
    }

    pub(crate) trait Level {
        fn is_woken(&self) -> bool;
    }

    /// A level that nothing looks at.
    pub(crate) struct Weak;

    pub(crate) fn weak<L: Level>(_: &Arc<L>) -> Weak {
        Weak
    }

    pub(crate) struct Beginning {
        pub(crate) kind: Kind,
        pub(crate) line: Line,
        pub(crate) level: Option<(usize, Weak)>,
        pub(crate) is_nested: bool,
        pub(crate) is_interruptible: bool,
    }

    pub(crate) struct Noted;

    impl Noted {
        pub(crate) const fn nothing() -> Self {
            Noted
        }

        pub(crate) fn parks(&mut self, _: &Edges, _: impl FnOnce() -> Beginning) {}

        pub(crate) fn resumes(&self) {}
    }
}
