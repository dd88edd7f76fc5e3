//! `#[smart(in_runtime = handle)]`: functions, methods, blocks and streams whose work belongs to a runtime of tokio.

use std::sync::Arc;

use smartcall::{Dual, DualOf, Emit, Work, smart};
use tokio::runtime::{Builder, Handle, Id, Runtime};

use crate::common::limit;

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(1).enable_all();
    builder.build().expect("it starts")
}

fn here() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

fn here_with(_runtime: Handle) -> Option<Id> {
    here()
}

#[derive(Clone)]
struct Client {
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client {
    #[smart(in_runtime = runtime)]
    async fn open(runtime: &Handle) -> Client {
        Client {
            runtime: if here() == Some(runtime.id()) {
                Handle::current()
            } else {
                panic!("it is opened in another runtime")
            },
        }
    }

    async fn id(&self) -> Option<Id> {
        tokio::spawn(async { here() }).await.expect("it ends")
    }

    async fn id_of_shared(self: Arc<Self>) -> Option<Id> {
        here()
    }

    #[smart(owned, in_runtime = self.runtime)]
    async fn owned_id(&self, name: &str) -> Option<Id> {
        assert_eq!(name, "name");
        here()
    }

    #[smart(owned, in_runtime = self.runtime)]
    fn sync_id(&self) -> Option<Id> {
        here()
    }

    #[smart(in_place, in_runtime = self.runtime)]
    fn id_in_place(&self) -> Option<Id> {
        here()
    }

    #[smart(blocking = here_with, in_runtime = runtime)]
    async fn id_of_a_pair(runtime: Handle) -> Option<Id> {
        drop(runtime);
        here()
    }

    #[smart(boxed, in_runtime = &self.runtime)]
    async fn boxed_id(&self) -> Option<Id> {
        here()
    }

    #[smart(stream, in_runtime = self.runtime)]
    async fn ids(&self, mut out: Emit<Option<Id>>) {
        for _ in 0..2 {
            out.emit(self.id().await).await;
        }
    }

    #[smart(stream, owned, in_runtime = self.runtime)]
    fn sync_ids(&self) -> impl Iterator<Item = Option<Id>> {
        (0..2).map(|_| here())
    }
}

trait Asks: Send + Sync {
    #[smart(boxed)]
    async fn ask(&self) -> Option<Id>;
}

#[smart(boxed, in_runtime = self.runtime)]
impl Asks for Client {
    async fn ask(&self) -> Option<Id> {
        here()
    }
}

#[smart(in_runtime = smartcall::tokio::runtime())]
async fn in_the_default() -> Option<Id> {
    here()
}

/// A client that stays async, and its twin.
struct Kept {
    runtime: Handle,
}

#[smart(twin = kept, keep_async, in_runtime = self.runtime)]
impl Kept {
    #[smart(in_runtime = runtime)]
    pub(crate) async fn open(runtime: &Handle) -> Self {
        assert_eq!(here(), Some(runtime.id()));
        Kept {
            runtime: runtime.clone(),
        }
    }

    #[smart]
    pub(crate) async fn anywhere() -> Option<Id> {
        here()
    }

    #[smart(twin = id_blocking, keep_async, in_runtime = self.runtime)]
    pub(crate) async fn id(&self) -> Option<Id> {
        here()
    }

    pub(crate) async fn last_id(self) -> Option<Id> {
        here()
    }
}

#[test]
fn of_a_twin() {
    limit(|| {
        let home = runtime();
        let wanted = Some(home.handle().id());
        let plain = kept::Kept::open(home.handle());
        assert_eq!(plain.id(), wanted);
        assert_eq!(plain.last_id(), wanted);
        assert_ne!(kept::Kept::anywhere(), wanted);
    });
}

/// Resolves by each caller, and checks the runtime.
#[track_caller]
fn check<W: Work<Output = Option<Id>>>(wanted: Option<Id>, make: impl Fn() -> DualOf<W>) {
    assert_eq!(make().get(), wanted);
    assert_eq!(pollster::block_on(make()), wanted);
    let other = runtime();
    assert_eq!(other.block_on(async { make().await }), wanted);
    assert_eq!(other.block_on(async { make().get() }), wanted);
}

#[test]
fn methods_functions_and_streams() {
    limit(|| {
        let home = runtime();
        let client = Client::open(home.handle()).get();
        let wanted = Some(home.handle().id());
        check(wanted, || client.id());
        check(wanted, || Arc::new(client.clone()).id_of_shared());
        check(wanted, || client.owned_id("name"));
        check(wanted, || client.sync_id());
        check(wanted, || client.id_in_place());
        check(wanted, || Client::id_of_a_pair(client.runtime.clone()));
        check(wanted, || client.boxed_id());
        let asks: &dyn Asks = &client;
        check(wanted, || asks.ask());
        check(Some(smartcall::tokio::runtime().id()), in_the_default);
        assert!(client.ids().into_iter().eq([wanted; 2]));
        assert!(client.sync_ids().into_iter().eq([wanted; 2]));
        let ids = async {
            (
                client.ids().collect::<Vec<_>>().await,
                client.sync_ids().collect::<Vec<_>>().await,
            )
        };
        assert_eq!(pollster::block_on(ids), (vec![wanted; 2], vec![wanted; 2]));
    });
}

/// What borrows nothing can be spawned, as without the option.
#[test]
fn handles_that_can_be_spawned() {
    limit(|| {
        let home = runtime();
        let client = Client::open(home.handle()).get();
        let handle: Dual<Option<Id>> = {
            let client = client.clone();
            client.owned_id("name").boxed()
        };
        let other = runtime();
        let id = other.block_on(other.spawn(handle)).expect("it ends");
        assert_eq!(id, Some(home.handle().id()));
    });
}
