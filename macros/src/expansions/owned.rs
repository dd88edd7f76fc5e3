#[smart(owned)]
async fn fetch<T: Clone>(url: &str, tries: u32, item: &T, _: &Path) -> Result<String, Error> {
    get(url, tries, item).await
}

#[smart(owned)]
impl<'a, T: Clone, const N: usize> Client<'a, T, N> {
    async fn get<U>(&self, mut key: &'a str, other: &str) -> &'a str {
        key = self.find(other);
        key
    }

    #[smart(owned)]
    fn load(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(self.dir.join(path))
    }

    #[smart(boxed, owned)]
    async fn named(self: Arc<Self>, f: impl Fn()) {}
}

#[smart(owned)]
trait Store {
    async fn load(&self, key: &str) -> String;

    async fn twice(&self, key: &str) -> String {
        self.load(key).await
    }
}

#[smart(owned, blocking = native::read)]
async fn read(&self, path: &Path) -> String {
    path.len()
}

#[smart(use<'a, T>)]
async fn captures<'a, T>(a: &'a str, t: T) {}

// becomes

#[track_caller]
fn fetch<T: Clone>(
    url: &str,
    tries: u32,
    item: &T,
    arg3: &Path,
) -> ::smartcall::DualOf<
    impl ::smartcall::Work<Output = Result<String, Error>> + use<T>,
> {
    let url = ::smartcall::__private::keep(url);
    ::smartcall::__private::borrows_nothing(url.lend());
    ::smartcall::__private::borrows_nothing(&tries);
    let item = ::smartcall::__private::keep(item);
    let arg3 = ::smartcall::__private::keep(arg3);
    ::smartcall::__private::borrows_nothing(arg3.lend());
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<Result<String, Error>>();
            }
            let _ = arg3.lend();
            let item = item.lend();
            let _ = &tries;
            let url = url.lend();
            {
                let () = ();
                get(url, tries, item).await
            }
        }
    })
}
impl<'a, T: Clone, const N: usize> Client<'a, T, N> {
    #[track_caller]
    fn get<U>(
        &self,
        mut key: &'a str,
        other: &str,
    ) -> ::smartcall::DualOf<
        impl ::smartcall::Work<Output = &'a str> + use<'a, T, N, U>,
    > {
        let this = ::smartcall::__private::keep_self(self);
        let other = ::smartcall::__private::keep(other);
        ::smartcall::__private::borrows_nothing(other.lend());
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<&'a str>();
                }
                let other = other.lend();
                let _ = &key;
                let __self = this.lend();
                {
                    key = __self.find(other);
                    key
                }
            }
        })
    }
    #[track_caller]
    fn load(
        &self,
        path: &Path,
    ) -> ::smartcall::DualOf<
        impl ::smartcall::Work<Output = io::Result<String>> + use<'a, T, N>,
    > {
        let this = ::smartcall::__private::keep_self(self);
        let path = ::smartcall::__private::keep(path);
        {
            ::smartcall::__private::goes_to_the_pool(this.owned());
            ::smartcall::__private::goes_to_the_pool(path.owned());
            ::smartcall::Dual::blocking(
                ::smartcall::__private::comes_from_the_pool(move || -> io::Result<
                    String,
                > {
                    let path = path.lend();
                    let __self = this.lend();
                    {
                        let () = ();
                        std::fs::read_to_string(__self.dir.join(path))
                    }
                }),
            )
        }
    }
    #[track_caller]
    fn named(self: Arc<Self>, f: impl Fn()) -> ::smartcall::Dual<()> {
        ::smartcall::Dual::boxed(
            ::smartcall::Dual::future(async move {
                {
                    if false {
                        return ::smartcall::__private::never::<()>();
                    }
                    let f = &f;
                    let _ = &self;
                    {}
                }
            }),
        )
    }
}
trait Store {
    #[track_caller]
    fn load(
        &self,
        key: &str,
    ) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = String> + 'static>;
    #[track_caller]
    fn twice(
        &self,
        key: &str,
    ) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = String> + 'static>
    where
        Self: ::core::clone::Clone + 'static,
    {
        let this = ::smartcall::__private::keep_self(self);
        let key = ::smartcall::__private::keep(key);
        ::smartcall::__private::borrows_nothing(key.lend());
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<String>();
                }
                let key = key.lend();
                let __self = this.lend();
                {
                    let () = ();
                    __self.load(key).await
                }
            }
        })
    }
}
#[track_caller]
fn read(
    &self,
    path: &Path,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = String> + use<>> {
    let this = ::smartcall::__private::keep_self(self);
    let path = ::smartcall::__private::keep(path);
    ::smartcall::__private::borrows_nothing(path.lend());
    ::smartcall::Dual::pair(
        (this, path),
        |(this, path)| -> String { native::read(this.lend(), path.lend()) },
        |(this, path)| async move {
            {
                if false {
                    return ::smartcall::__private::never::<String>();
                }
                let path = path.lend();
                let __self = this.lend();
                {
                    let () = ();
                    path.len()
                }
            }
        },
    )
}
#[track_caller]
fn captures<'a, T>(
    a: &'a str,
    t: T,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = ()> + use<'a, T>> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<()>();
            }
            let t = &t;
            let a = &a;
            {}
        }
    })
}
