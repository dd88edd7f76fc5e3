//! `pages`: when a page is fetched, and what an error does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_lite::future::yield_now;
use smartcall::{Dual, DualOf, DualStream, SmartCall, SmartFn, Work};

use super::support::{all, all_in_for, by_each, id};
use crate::common::limit;

/// A service with three pages of two items each, which counts its fetches and may fail at a page.
#[derive(Clone, Default)]
struct Service {
    fetches: Arc<AtomicUsize>,
    fails_at: Option<u32>,
}

type Page = Result<(Vec<u32>, Option<u32>), &'static str>;

impl Service {
    fn page(&self, cursor: Option<u32>) -> Page {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let page = cursor.unwrap_or(0);
        if self.fails_at == Some(page) {
            return Err("it fails");
        }
        Ok((vec![page * 2, page * 2 + 1], (page < 2).then_some(page + 1)))
    }

    fn handle(&self, cursor: Option<u32>) -> DualOf<impl Work<Output = Page> + Send + use<>> {
        let service = self.clone();
        Dual::future(async move {
            yield_now().await;
            service.page(cursor)
        })
    }
}

/// Makes streams of a service by each kind of fetch, and checks them.
macro_rules! by_each_fetch {
    ($service:expr, $check:expr) => {
        let (one, two, three, four): (Service, _, _, _) = ($service, $service, $service, $service);
        let fetches = Arc::clone(&one.fetches);
        $check(&fetches, &|| {
            let service = one.clone();
            DualStream::pages(move |cursor| service.page(cursor)).boxed()
        });
        let fetches = Arc::clone(&two.fetches);
        $check(&fetches, &|| {
            let service = two.clone();
            let fetch = move |cursor| {
                let service = service.clone();
                async move {
                    yield_now().await;
                    service.page(cursor)
                }
            };
            DualStream::pages(fetch).boxed()
        });
        let fetches = Arc::clone(&three.fetches);
        $check(&fetches, &|| {
            let service = three.clone();
            DualStream::pages(move |cursor| service.handle(cursor)).boxed()
        });
        let fetches = Arc::clone(&four.fetches);
        $check(&fetches, &|| {
            let service = four.clone();
            let fetch = SmartFn::new(move |cursor| service.page(cursor));
            DualStream::pages(move |cursor| fetch.invoke_with((cursor,))).boxed()
        });
    };
}

type Stream = DualStream<Result<u32, &'static str>>;

/// Every item, one fetch a page, and none before it is needed.
#[test]
fn one_fetch_a_page() {
    fn check(fetches: &AtomicUsize, make: &dyn Fn() -> Stream) {
        assert_eq!(by_each(make), Vec::from_iter((0..6).map(Ok)));
        for awaits in [false, true] {
            fetches.store(0, Ordering::SeqCst);
            let mut stream = make();
            drop(stream.next());
            for n in 0..6 {
                assert_eq!(fetches.load(Ordering::SeqCst), (n as usize).div_ceil(2));
                let item = match awaits {
                    true => pollster::block_on(stream.next()),
                    false => stream.next().get(),
                };
                assert_eq!(item, Some(Ok(n)));
            }
            assert_eq!(stream.next().get(), None);
            assert_eq!(fetches.load(Ordering::SeqCst), 3);
        }
    }

    limit(|| {
        by_each_fetch!(Service::default(), check);
    });
}

/// A fetch that fails is the last item.
#[test]
fn failing_fetch_is_the_last_item() {
    fn check(fetches: &AtomicUsize, make: &dyn Fn() -> Stream) {
        assert_eq!(by_each(make), [Ok(0), Ok(1), Err("it fails")]);
        assert_eq!(make().try_collect::<Vec<_>>().get(), Err("it fails"));
        fetches.store(0, Ordering::SeqCst);
        let mut stream = make();
        assert_eq!(stream.iter().count(), 3);
        assert_eq!(stream.next().get(), None);
        assert_eq!(fetches.load(Ordering::SeqCst), 2, "no fetch after it");
    }

    limit(|| {
        let fails = || Service {
            fails_at: Some(1),
            ..Service::default()
        };
        by_each_fetch!(fails(), check);
    });
}

/// A sync fetch runs on the thread of a `for`, and elsewhere if it is awaited.
#[test]
fn fetches_run_as_the_handles_that_they_are() {
    limit(|| {
        let ids = || {
            DualStream::pages(|page: Option<u32>| {
                let page = page.unwrap_or(0);
                Ok::<_, ()>(([id(); 2], (page < 3).then_some(page + 1)))
            })
        };
        assert_eq!(all_in_for(ids()), [Ok(id()); 8]);
        for made_on in pollster::block_on(all(ids())) {
            assert_ne!(made_on, Ok(id()));
        }
        assert_eq!(Dual::future(all(ids())).get(), [Ok(id()); 8], "alone");
    });
}

/// Pages without items are passed over, also the last one.
#[test]
fn empty_pages() {
    limit(|| {
        let sparse = |last: u32| {
            DualStream::pages(move |page: Option<u32>| {
                let page = page.unwrap_or(0);
                let items = (page % 3 == 1).then_some(page);
                Ok::<_, ()>((items, (page < last).then_some(page + 1)))
            })
        };
        assert_eq!(by_each(|| sparse(7)), [Ok(1), Ok(4), Ok(7)]);
        assert_eq!(by_each(|| sparse(9)), [Ok(1), Ok(4), Ok(7)]);
        assert!(by_each(|| sparse(0)).is_empty());
    });
}

/// Dropping the stream drops the fetch that it waits for.
#[test]
fn dropped_while_it_fetches() {
    limit(|| {
        let (waits, dropped) = crate::common::tells_drop();
        let waits = std::sync::Mutex::new(Some(waits));
        let mut stream = DualStream::pages(move |_: Option<u32>| {
            let waits = waits.lock().expect("no panic").take().expect("once");
            async move {
                waits.await;
                Ok::<_, ()>(([5], None))
            }
        });
        assert!(stream.next().now_or_later().is_err(), "it waits");
        assert!(dropped.try_recv().is_err());
        drop(stream);
        assert!(dropped.try_recv().is_ok());
    });
}
