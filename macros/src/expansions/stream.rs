#[smart(stream)]
/// Lists.
pub async fn entries<'a, T: Clone>(&'a self, path: &str, mut out: Emit<Entry<'a, T>>) -> io::Result<()> {
    out.emit(self.first(path)?).await;
    Ok(())
}

#[smart(stream)]
async fn numbers((from, to): (u32, u32), out: smartcall::Emit<u32>) {}

#[smart(stream, send)]
async fn opaque(#[allow(unused_mut)] mut out: Emit<Vec<impl Display>>) -> Result<(), Error> {
    Ok(())
}

#[smart(stream)]
fn lines(text: String, _: u32) -> impl Iterator<Item = String> + Send {
    text.lines().map(String::from).collect::<Vec<_>>().into_iter()
}

#[smart(stream, ahead = 64)]
fn open(path: PathBuf) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    Ok(BufReader::new(File::open(path)?).lines())
}

#[smart(stream, owned, ahead = Self::AHEAD)]
fn scan(&self, path: &Path) -> Box<dyn Iterator<Item = u32> + Send> {
    self.index(path)
}

#[smart(stream)]
async fn connect(&self, key: &str) -> impl Stream<Item = u32> {
    self.subscribe(key).await
}

#[smart(stream, boxed)]
async fn subscribe(&self, key: &str) -> Result<BoxStream<'static, Result<u32, Error>>, Error> {
    self.server.subscribe(key).await
}

#[smart(stream, boxed, local)]
async fn local(out: Emit<Rc<u32>>) {}

#[smart(stream, boxed)]
trait List {
    async fn list(&self, out: Emit<u32>);

    #[smart(stream, send)]
    fn names(&self) -> Result<impl Iterator<Item = Result<String, Self::Error>>, Self::Error>;

    #[instrument]
    async fn traced(&self, out: Emit<u32>) {}
}

// becomes

/// Lists.
#[track_caller]
pub fn entries<'a, T: Clone>(
    &'a self,
    path: &str,
) -> ::smartcall::DualStreamOf<
    impl ::smartcall::Source<Item = io::Result<Entry<'a, T>>>,
> {
    ::smartcall::DualStream::try_generate(move |emit| {
        let mut out: Emit<Entry<'a, T>> = emit;
        async move {
            {
                if false {
                    return ::smartcall::__private::never::<io::Result<()>>();
                }
                let _ = &path;
                let _ = &self;
                {
                    out.emit(self.first(path)?).await;
                    Ok(())
                }
            }
        }
    })
}
#[track_caller]
fn numbers(
    arg0: (u32, u32),
) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = u32>> {
    ::smartcall::DualStream::generate(move |emit| {
        let out: smartcall::Emit<u32> = emit;
        async move {
            {
                if false {
                    return ::smartcall::__private::never::<()>();
                }
                let _ = &arg0;
                let arg0 = arg0;
                let (from, to) = arg0;
                {}
            }
        }
    })
}
#[track_caller]
fn opaque() -> ::smartcall::DualStreamOf<
    impl ::smartcall::Source<
        Item = Result<Vec<impl Display>, Error>,
    > + ::core::marker::Send,
> {
    ::smartcall::DualStream::try_generate(move |emit| {
        #[allow(unused_mut)]
        let mut out: Emit<Vec<_>> = emit;
        async move {
            {
                if false {
                    return ::smartcall::__private::never::<Result<(), Error>>();
                }
                {
                    let () = ();
                    Ok(())
                }
            }
        }
    })
}
#[track_caller]
fn lines(
    text: String,
    arg1: u32,
) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = String>> {
    ::smartcall::DualStream::flatten(
        ::smartcall::Dual::map(
            {
                ::smartcall::__private::goes_to_the_pool(&text);
                ::smartcall::__private::goes_to_the_pool(&arg1);
                ::smartcall::Dual::blocking(
                    ::smartcall::__private::iterates_on_the_pool(move || -> _ {
                        let _ = &arg1;
                        let _ = &text;
                        {
                            let () = ();
                            text.lines()
                                .map(String::from)
                                .collect::<Vec<_>>()
                                .into_iter()
                        }
                    }),
                )
            },
            |items| {
                #[allow(unused_imports)]
                use Iterator as _;
                #[allow(unused_imports)]
                use Send as _;
                ::smartcall::DualStream::blocking(items)
            },
        ),
    )
}
#[track_caller]
fn open(
    path: PathBuf,
) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = io::Result<String>>> {
    ::smartcall::DualStream::try_flatten(
        ::smartcall::Dual::map_ok(
            {
                ::smartcall::__private::goes_to_the_pool(&path);
                ::smartcall::Dual::blocking(
                    ::smartcall::__private::tries_to_iterate_on_the_pool(move || -> io::Result<
                        _,
                    > {
                        let _ = &path;
                        {
                            let () = ();
                            Ok(BufReader::new(File::open(path)?).lines())
                        }
                    }),
                )
            },
            |items| {
                #[allow(unused_imports)]
                use Iterator as _;
                ::smartcall::DualStream::blocking(items).ahead(64)
            },
        ),
    )
}
#[track_caller]
fn scan(
    &self,
    path: &Path,
) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = u32> + use<>> {
    let this = ::smartcall::__private::keep_self(self);
    let path = ::smartcall::__private::keep(path);
    ::smartcall::DualStream::flatten(
        ::smartcall::Dual::map(
            {
                ::smartcall::__private::goes_to_the_pool(this.owned());
                ::smartcall::__private::goes_to_the_pool(path.owned());
                ::smartcall::Dual::blocking(
                    ::smartcall::__private::iterates_on_the_pool(move || -> Box<
                        dyn Iterator<Item = u32> + Send,
                    > {
                        let path = path.lend();
                        let __self = this.lend();
                        {
                            let () = ();
                            __self.index(path)
                        }
                    }),
                )
            },
            |items| { ::smartcall::DualStream::blocking(items).ahead(Self::AHEAD) },
        ),
    )
}
#[track_caller]
fn connect(
    &self,
    key: &str,
) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = u32>> {
    ::smartcall::DualStream::flatten(
        ::smartcall::Dual::map(
            ::smartcall::Dual::future(async move {
                {
                    if false {
                        return ::smartcall::__private::never::<_>();
                    }
                    let _ = &key;
                    let _ = &self;
                    {
                        let () = ();
                        self.subscribe(key).await
                    }
                }
            }),
            |items| {
                #[allow(unused_imports)]
                use Stream as _;
                ::smartcall::DualStream::stream(items)
            },
        ),
    )
}
#[track_caller]
fn subscribe<'smart>(
    &'smart self,
    key: &'smart str,
) -> ::smartcall::DualStream<
    Result<u32, Error>,
    ::smartcall::stream::Boxed<'smart, Result<u32, Error>>,
> {
    ::smartcall::DualStream::boxed(
        ::smartcall::DualStream::try_flatten(
            ::smartcall::Dual::map_ok(
                ::smartcall::Dual::future(async move {
                    {
                        if false {
                            return ::smartcall::__private::never::<
                                Result<BoxStream<'static, Result<u32, Error>>, Error>,
                            >();
                        }
                        let _ = &key;
                        let _ = &self;
                        {
                            let () = ();
                            self.server.subscribe(key).await
                        }
                    }
                }),
                |items| { ::smartcall::DualStream::stream(items) },
            ),
        ),
    )
}
#[track_caller]
fn local() -> ::smartcall::DualStream<
    Rc<u32>,
    ::smartcall::stream::LocalBoxed<'static, Rc<u32>>,
> {
    ::smartcall::DualStream::boxed_local(
        ::smartcall::DualStream::generate(move |emit| {
            let out: Emit<Rc<u32>> = emit;
            async move {
                {
                    if false {
                        return ::smartcall::__private::never::<()>();
                    }
                    {}
                }
            }
        }),
    )
}
trait List {
    #[track_caller]
    fn list(&self) -> ::smartcall::DualStream<u32, ::smartcall::stream::Boxed<'_, u32>>;
    #[track_caller]
    fn names(
        &self,
    ) -> ::smartcall::DualStreamOf<
        impl ::smartcall::Source<
            Item = Result<String, Self::Error>,
        > + ::core::marker::Send,
    >;
    #[instrument]
    #[::smartcall::smart(boxed, stream, __last(block trait))]
    async fn traced(&self, out: Emit<u32>) {}
}
