#[smart(twin = blocking, derive(Clone))]
/// A client.
impl<T: Transport> Client<T>
where
    T::Error: Display,
{
    /// How many it asks for at once.
    pub const MOST: usize = 5;

    /// Connects.
    pub async fn connect(at: &str) -> Result<Self, T::Error> {
        connect(at).await
    }

    pub fn new(transport: T) -> Self {
        Client { transport }
    }

    /// Gets a value.
    #[instrument]
    #[cfg(feature = "get")]
    pub async fn get<V: Value>(&mut self, (key, mut _n): (&str, u32)) -> Option<V> {
        self.transport.get(key).await
    }

    pub(crate) async fn pair(self, other: Client<T>, more: &Self) -> u32 {
        other.n + self.n + more.n
    }

    #[smart(stream)]
    pub async fn rows(&self, mut out: Emit<Row>) -> Result<(), Error> {
        out.emit(Row).await
    }

    #[smart(skip)]
    pub fn left_out(&mut self) -> &mut Self {
        self
    }

    async fn private(&self) {}
}

#[smart(twin = blocking, keep_async, in_runtime = self.runtime, types(Client = clients::Client))]
impl Other {
    pub async fn get(&self, client: &Client<T>) -> Result<Client<u32>> {
        5
    }
}

#[smart(twin = pub(crate) fetch_blocking)]
pub async fn fetch(url: impl Into<String>) -> u32 {
    5
}

// becomes

/// A client.
impl<T: Transport> Client<T>
where
    T::Error: Display,
{
    /// How many it asks for at once.
    pub const MOST: usize = 5;
    /// Connects.
    #[track_caller]
    pub fn connect(
        at: &str,
    ) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = Result<Self, T::Error>>> {
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<Result<Self, T::Error>>();
                }
                let _ = &at;
                {
                    let () = ();
                    connect(at).await
                }
            }
        })
    }
    pub fn new(transport: T) -> Self {
        Client { transport }
    }
    /// Gets a value.
    #[instrument]
    #[cfg(feature = "get")]
    #[::smartcall::smart(__last(block impl((T))))]
    pub async fn get<V: Value>(&mut self, (key, mut _n): (&str, u32)) -> Option<V> {
        self.transport.get(key).await
    }
    #[track_caller]
    pub(crate) fn pair(
        self,
        other: Client<T>,
        more: &Self,
    ) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<u32>();
                }
                let _ = &more;
                let _ = &other;
                let _ = &self;
                {
                    let () = ();
                    other.n + self.n + more.n
                }
            }
        })
    }
    #[track_caller]
    pub fn rows(
        &self,
    ) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = Result<Row, Error>>> {
        ::smartcall::DualStream::try_generate(move |emit| {
            let mut out: Emit<Row> = emit;
            async move {
                {
                    if false {
                        return ::smartcall::__private::never::<Result<(), Error>>();
                    }
                    let _ = &self;
                    {
                        let () = ();
                        out.emit(Row).await
                    }
                }
            }
        })
    }
    pub fn left_out(&mut self) -> &mut Self {
        self
    }
    #[track_caller]
    fn private(&self) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = ()>> {
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<()>();
                }
                let _ = &self;
                {}
            }
        })
    }
}
/// `Client` for sync code.
pub mod blocking {
    #[allow(unused_imports)]
    use super::*;
    /// `Client` for sync code: its functions return when their values are there.
    #[derive(Clone)]
    pub struct Client<T: Transport>(
        pub(super) super::Client<T>,
    )
    where
        T::Error: Display;
    impl<T: Transport> ::core::fmt::Debug for Client<T>
    where
        T::Error: Display,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct(::core::stringify!(Client)).finish_non_exhaustive()
        }
    }
    impl<T: Transport> ::core::convert::From<super::Client<T>> for Client<T>
    where
        T::Error: Display,
    {
        fn from(held: super::Client<T>) -> Self {
            Self(held)
        }
    }
    impl<T: Transport> ::core::convert::AsRef<super::Client<T>> for Client<T>
    where
        T::Error: Display,
    {
        fn as_ref(&self) -> &super::Client<T> {
            &self.0
        }
    }
    impl<T: Transport> ::core::convert::AsMut<super::Client<T>> for Client<T>
    where
        T::Error: Display,
    {
        fn as_mut(&mut self) -> &mut super::Client<T> {
            &mut self.0
        }
    }
    impl<T: Transport> ::core::convert::From<Client<T>> for super::Client<T>
    where
        T::Error: Display,
    {
        fn from(twin: Client<T>) -> Self {
            twin.0
        }
    }
}
impl<T: Transport> blocking::Client<T>
where
    T::Error: Display,
{
    /// How many it asks for at once.
    #[allow(dead_code)]
    pub const MOST: usize = <Client<T>>::MOST;
    /// Connects.
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub fn connect(at: &str) -> Result<Self, T::Error> {
        ::smartcall::Dual::get(<Client<T>>::connect(at)).map(::core::convert::Into::into)
    }
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub fn new(transport: T) -> Self {
        ::core::convert::Into::into(<Client<T>>::new(transport))
    }
    /// Gets a value.
    #[cfg(feature = "get")]
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub fn get<V: Value>(&mut self, argument_1: (&str, u32)) -> Option<V> {
        ::smartcall::Dual::get(<Client<T>>::get::<V>(&mut self.0, argument_1))
    }
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub(crate) fn pair(self, other: Self, more: &Self) -> u32 {
        ::smartcall::Dual::get(
            <Client<
                T,
            >>::pair(
                self.0,
                ::core::convert::Into::into(other),
                ::core::convert::AsRef::as_ref(more),
            ),
        )
    }
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub fn rows(&self) -> impl ::core::iter::Iterator<Item = Result<Row, Error>> {
        ::core::iter::IntoIterator::into_iter(<Client<T>>::rows(&self.0))
    }
}
impl Other {
    pub async fn get(&self, client: &Client<T>) -> Result<Client<u32>> {
        5
    }
}
/// `Other` for sync code.
pub mod blocking {
    #[allow(unused_imports)]
    use super::*;
    /// `Other` for sync code: its functions return when their values are there.
    pub struct Other(pub(super) super::Other);
    impl ::core::fmt::Debug for Other {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct(::core::stringify!(Other)).finish_non_exhaustive()
        }
    }
    impl ::core::convert::From<super::Other> for Other {
        fn from(held: super::Other) -> Self {
            Self(held)
        }
    }
    impl ::core::convert::AsRef<super::Other> for Other {
        fn as_ref(&self) -> &super::Other {
            &self.0
        }
    }
    impl ::core::convert::AsMut<super::Other> for Other {
        fn as_mut(&mut self) -> &mut super::Other {
            &mut self.0
        }
    }
    impl ::core::convert::From<Other> for super::Other {
        fn from(twin: Other) -> Self {
            twin.0
        }
    }
}
impl blocking::Other {
    #[allow(deprecated, clippy::used_underscore_binding)]
    #[track_caller]
    pub fn get(&self, client: &clients::Client<T>) -> Result<clients::Client<u32>> {
        ::smartcall::Dual::get({
                let __in_runtime = {
                    let __self = &self.0;
                    ::smartcall::__private::runtime(&(__self.runtime))
                };
                ::smartcall::__private::in_runtime(
                    ::smartcall::Dual::future(
                        <Other>::get(&self.0, ::core::convert::AsRef::as_ref(client)),
                    ),
                    __in_runtime,
                )
            })
            .map(::core::convert::Into::into)
    }
}
#[track_caller]
pub fn fetch(
    url: impl Into<String>,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<u32>();
            }
            let url = &url;
            {
                let () = ();
                5
            }
        }
    })
}
#[allow(deprecated, clippy::used_underscore_binding)]
#[track_caller]
pub(crate) fn fetch_blocking(url: impl Into<String>) -> u32 {
    ::smartcall::Dual::get(fetch(url))
}
