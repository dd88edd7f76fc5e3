//! `LocalExecutor`: what blocks is refused.

use smartcall::{Dual, Executor, LocalExecutor};

use super::support::get;
use crate::common::{limit, panic_of};

/// A `LocalExecutor` has no spare threads, so all that blocks panics.
#[test]
fn local_executor_refuses() {
    limit(|| {
        let ex = std::rc::Rc::new(LocalExecutor::new());
        let refuses = |ex: std::rc::Rc<LocalExecutor>| async move {
            let said = [
                panic_of(|| get(async { 5 })),
                panic_of(|| Dual::blocking(|| 5).get()),
                panic_of(|| ex.block_on(async { 5 })),
                panic_of(|| Executor::builder().threads(1).build().block_on(async { 5 })),
            ];
            for text in said {
                assert!(
                    text.starts_with(
                        "cannot block here: this thread is polling a task of an executor that \
                         can't go on without it."
                    ) && text.contains("Use `.await` here")
                        && text.contains("`Dual::blocking(..).await`"),
                    "{text}"
                );
            }
            let lent = Dual::future(async { 5 }).boxed();
            let text = panic_of(|| *lent);
            assert!(text.contains("Was an `.await` forgotten?"), "{text}");
            assert_eq!(lent.await, 5);
            let refused = Dual::future(async { 5 }).try_get().expect_err("inside");
            assert_eq!(refused.into_handle().await, 5);
            assert_eq!(Dual::in_place(|| 5).get(), 5);
            assert_eq!(Dual::blocking(|| 5).await, 5);
        };
        let root = refuses(std::rc::Rc::clone(&ex));
        let task = ex.spawn(refuses(std::rc::Rc::clone(&ex)));
        ex.block_on(async {
            root.await;
            task.await;
        });
    });
}
