#[smart(boxed)]
#[instrument(skip(self))]
#[must_use]
pub async fn fetch(&self, url: &str) -> String {
    get(url).await
}

#[smart(owned, use<T>, crate = sc)]
impl<'a, T> Client<'a, T> {
    #[inline]
    #[cfg_attr(feature = "tracing", instrument)]
    async fn get(&self) {}

    #[smart(in_place)]
    #[instrument]
    fn one(&self) -> u32 {
        1
    }
}

#[smart(__last(block impl (('a) (T))))]
#[instrument]
#[unsafe(no_mangle)]
async fn get() {}

#[smart(__last(function unseen))]
fn sum<'x>(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send + 'x>> {
    Box::pin(async move { n })
}

#[smart(boxed)]
fn boxed<'x>(n: u32) -> ::core::pin::Pin<std::boxed::Box<dyn ::core::future::Future<Output = u32> + Send + 'x>> {
    Box::pin(async move { n })
}

#[smart]
#[target_feature(enable = "avx")]
async fn with_target_feature() {}

// becomes

#[instrument(skip(self))]
#[::smartcall::smart(boxed, __last(function unseen))]
pub async fn fetch(&self, url: &str) -> String {
    get(url).await
}
impl<'a, T> Client<'a, T> {
    #[inline]
    #[cfg_attr(feature = "tracing", instrument)]
    #[sc::smart(owned, use<T>, crate = sc, __last(block impl(('a)(T))))]
    async fn get(&self) {}
    #[instrument]
    #[sc::smart(in_place, crate = sc, __last(function impl(('a)(T))))]
    fn one(&self) -> u32 {
        1
    }
}
#[instrument]
#[unsafe(no_mangle)]
#[track_caller]
fn get() -> ::smartcall::DualOf<impl ::smartcall::Work<Output = ()>> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<()>();
            }
            {}
        }
    })
}
#[track_caller]
fn sum<'x>(
    n: u32,
) -> ::smartcall::DualOf<
    ::smartcall::work::Async<Pin<Box<dyn Future<Output = u32> + Send + 'x>>>,
> {
    ::smartcall::Dual::future(
        (move || -> Pin<Box<dyn Future<Output = u32> + Send + 'x>> {
            Box::pin(async move { n })
        })(),
    )
}
#[track_caller]
fn boxed<'x>(n: u32) -> ::smartcall::Dual<u32, ::smartcall::work::Boxed<'x, u32>> {
    ::smartcall::Dual::boxed(
        ::smartcall::Dual::future(
            (move || -> ::core::pin::Pin<
                std::boxed::Box<dyn ::core::future::Future<Output = u32> + Send + 'x>,
            > { Box::pin(async move { n }) })(),
        ),
    )
}
#[target_feature(enable = "avx")]
fn with_target_feature() -> ::smartcall::DualOf<impl ::smartcall::Work<Output = ()>> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<()>();
            }
            {}
        }
    })
}
