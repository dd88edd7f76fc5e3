//! Taking all items: `collect`, `for_each`, `fold` and their variants for results.

use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;

use futures_util::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::call::siblings::SmartCallMut;
use crate::dual::handle::{Dual, DualOf};
use crate::stream::caller::{Caller, Task, TaskWork};
use crate::stream::handle::DualStream;
use crate::stream::source::Source;
use crate::work::traits::{POLLED_AGAIN, Work};

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Collects all items.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// assert_eq!(DualStream::ready(0..3).collect::<Vec<_>>().get(), [0, 1, 2]);
    /// ```
    pub fn collect<C: Default + Extend<T>>(self) -> DualOf<impl Work<Output = C> + FusedFuture> {
        Dual::new(TaskWork::new(Collect {
            stream: self,
            collected: C::default(),
        }))
    }

    /// Calls a callback with each item, one after the other: sync code, async code, or what makes a handle.
    ///
    /// A sync callback is called in place, on the thread that takes the item, so it may borrow. Keep it short: code that may block
    /// belongs into [`then`](DualStream::then).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let mut sum = 0;
    /// DualStream::ready(0..3).for_each(|n| sum += n).get();
    /// assert_eq!(sum, 3);
    /// DualStream::ready(0..3).for_each(async |n| println!("{n}")).get();
    /// ```
    pub fn for_each<R, K>(
        self,
        callback: impl FnMut(T) -> R + SmartCallMut<(), K, (T,)>,
    ) -> DualOf<impl Work<Output = ()> + FusedFuture> {
        Dual::new(TaskWork::new(All::new(
            self,
            ForEach(callback, PhantomData),
        )))
    }

    /// Folds all items into one value by a callback: sync code, async code, or what makes a handle.
    ///
    /// A sync callback is called in place, as that of [`for_each`](DualStream::for_each) is.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// assert_eq!(DualStream::ready(1..4).fold(0, |sum, n| sum + n).get(), 6);
    /// ```
    pub fn fold<A, R, K>(
        self,
        first: A,
        callback: impl FnMut(A, T) -> R + SmartCallMut<A, K, (A, T)>,
    ) -> DualOf<impl Work<Output = A> + FusedFuture> {
        let fold = Fold {
            value: Some(first),
            callback,
            kind: PhantomData,
        };
        Dual::new(TaskWork::new(All::new(self, fold)))
    }
}

impl<T, E, S: Source<Item = Result<T, E>>> DualStream<Result<T, E>, S> {
    /// Collects the items of a stream of results, up to its end or to the first error.
    ///
    /// After an error the rest is dropped with the stream. To go on after an error, take the items yourself.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let numbers = |text: &'static str| DualStream::ready(text.split(' ').map(str::parse::<u32>));
    /// assert_eq!(numbers("1 2").try_collect::<Vec<_>>().get(), Ok(vec![1, 2]));
    /// assert!(numbers("1 two").try_collect::<Vec<_>>().get().is_err());
    /// ```
    pub fn try_collect<C: Default + Extend<T>>(
        self,
    ) -> DualOf<impl Work<Output = Result<C, E>> + FusedFuture> {
        Dual::new(TaskWork::new(TryCollect {
            stream: self,
            collected: C::default(),
        }))
    }

    /// Calls a callback with each item of a stream of results, up to the first error, which is its own or the stream's.
    ///
    /// See [`for_each`](DualStream::for_each).
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualStream;
    ///
    /// let numbers = DualStream::ready(["1", "two"].map(str::parse::<u32>));
    /// assert!(numbers.try_for_each(|n| { println!("{n}"); Ok(()) }).get().is_err());
    /// ```
    pub fn try_for_each<R, K>(
        self,
        callback: impl FnMut(T) -> R + SmartCallMut<Result<(), E>, K, (T,)>,
    ) -> DualOf<impl Work<Output = Result<(), E>> + FusedFuture> {
        Dual::new(TaskWork::new(All::new(
            self,
            TryForEach(callback, PhantomData),
        )))
    }
}

pin_project! {
    struct Collect<S, C> {
        stream: S,
        collected: C,
    }
}

impl<S: Source, C: Default + Extend<S::Item>> Task for Collect<S, C> {
    type Output = C;

    #[inline]
    fn run<A: Caller>(self: Pin<&mut Self>, caller: &mut A) -> Result<C, A::Stop> {
        let this = self.project();
        while let Some(item) = caller.item(this.stream)? {
            this.collected.extend([item]);
        }
        Ok(mem::take(this.collected))
    }

    fn is_immediate(&self) -> bool {
        self.stream.is_immediate()
    }
}

pin_project! {
    struct TryCollect<S, C> {
        stream: S,
        collected: C,
    }
}

impl<T, E, S, C> Task for TryCollect<S, C>
where
    S: Source<Item = Result<T, E>>,
    C: Default + Extend<T>,
{
    type Output = Result<C, E>;

    #[inline]
    fn run<A: Caller>(self: Pin<&mut Self>, caller: &mut A) -> Result<Self::Output, A::Stop> {
        let this = self.project();
        while let Some(item) = caller.item(this.stream)? {
            match item {
                Ok(item) => this.collected.extend([item]),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(mem::take(this.collected)))
    }

    fn is_immediate(&self) -> bool {
        self.stream.is_immediate()
    }
}

/// What is done with each item.
trait Each<T> {
    type Output;

    /// The work for an item.
    type Work: Work;

    /// Begins the work for an item, or ends everything.
    fn begin(&mut self, item: T) -> ControlFlow<Self::Output, Self::Work>;

    /// Takes the value of the work.
    fn end(&mut self, value: <Self::Work as Future>::Output) -> ControlFlow<Self::Output>;

    /// Returns the value of the whole, after the last item.
    fn finish(&mut self) -> Self::Output;
}

pin_project! {
    /// Work that does something with each item, one after the other.
    struct All<S: Source, E: Each<S::Item>> {
        stream: S,
        each: E,
        // The work for the current item.
        #[pin]
        work: Option<E::Work>,
    }
}

impl<S: Source, E: Each<S::Item>> All<S, E> {
    fn new(stream: S, each: E) -> Self {
        All {
            stream,
            each,
            work: None,
        }
    }
}

impl<S: Source, E: Each<S::Item>> Task for All<S, E> {
    type Output = E::Output;

    #[inline]
    fn run<C: Caller>(self: Pin<&mut Self>, caller: &mut C) -> Result<E::Output, C::Stop> {
        let mut this = self.project();
        loop {
            if let Some(work) = this.work.as_mut().as_pin_mut() {
                let value = caller.value(work)?;
                this.work.set(None);
                if let ControlFlow::Break(whole) = this.each.end(value) {
                    return Ok(whole);
                }
            }
            let Some(item) = caller.item(this.stream)? else {
                return Ok(this.each.finish());
            };
            match this.each.begin(item) {
                ControlFlow::Continue(work) => this.work.set(Some(work)),
                ControlFlow::Break(whole) => return Ok(whole),
            }
        }
    }

    fn is_immediate(&self) -> bool {
        let is_step_immediate = match &self.work {
            Some(work) => work.is_immediate(),
            None => E::Work::is_sync_code(),
        };
        is_step_immediate && self.stream.is_immediate()
    }
}

struct ForEach<F, K>(F, PhantomData<fn() -> K>);

impl<T, F: SmartCallMut<(), K, (T,)>, K> Each<T> for ForEach<F, K> {
    type Output = ();
    type Work = Dual<(), F::Work>;

    #[inline]
    fn begin(&mut self, item: T) -> ControlFlow<(), Self::Work> {
        ControlFlow::Continue(self.0.invoke_mut_with((item,)))
    }

    #[inline]
    fn end(&mut self, (): ()) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn finish(&mut self) {}
}

struct TryForEach<F, K>(F, PhantomData<fn() -> K>);

impl<T, E, F, K> Each<Result<T, E>> for TryForEach<F, K>
where
    F: SmartCallMut<Result<(), E>, K, (T,)>,
{
    type Output = Result<(), E>;
    type Work = Dual<Result<(), E>, F::Work>;

    #[inline]
    fn begin(&mut self, item: Result<T, E>) -> ControlFlow<Self::Output, Self::Work> {
        match item {
            Ok(item) => ControlFlow::Continue(self.0.invoke_mut_with((item,))),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }

    #[inline]
    fn end(&mut self, value: Result<(), E>) -> ControlFlow<Self::Output> {
        match value {
            Ok(()) => ControlFlow::Continue(()),
            error => ControlFlow::Break(error),
        }
    }

    fn finish(&mut self) -> Self::Output {
        Ok(())
    }
}

struct Fold<A, F, K> {
    /// `None` while the callback has it.
    value: Option<A>,
    callback: F,
    kind: PhantomData<fn() -> K>,
}

impl<T, A, F: SmartCallMut<A, K, (A, T)>, K> Each<T> for Fold<A, F, K> {
    type Output = A;
    type Work = Dual<A, F::Work>;

    #[inline]
    fn begin(&mut self, item: T) -> ControlFlow<A, Self::Work> {
        let value = self.value.take().expect(POLLED_AGAIN);
        ControlFlow::Continue(self.callback.invoke_mut_with((value, item)))
    }

    #[inline]
    fn end(&mut self, value: A) -> ControlFlow<A> {
        self.value = Some(value);
        ControlFlow::Continue(())
    }

    fn finish(&mut self) -> A {
        self.value.take().expect(POLLED_AGAIN)
    }
}
