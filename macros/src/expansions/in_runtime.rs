#[smart(in_runtime = self.runtime)]
impl Client {
    async fn ping(&self) -> u32 {
        5
    }

    #[smart(boxed, in_runtime = runtime)]
    fn open(runtime: Handle, path: String) -> Client {
        Client::new(runtime, path)
    }

    #[smart(stream, in_runtime = self.runtime)]
    async fn rows(&self, mut out: Emit<u32>) {
        out.emit(5).await;
    }
}

// becomes

impl Client {
    #[track_caller]
    fn ping(&self) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
        {
            let __in_runtime = { ::smartcall::__private::runtime(&(self.runtime)) };
            ::smartcall::__private::in_runtime(
                ::smartcall::Dual::future(async move {
                    {
                        if false {
                            return ::smartcall::__private::never::<u32>();
                        }
                        let _ = &self;
                        {
                            let () = ();
                            5
                        }
                    }
                }),
                __in_runtime,
            )
        }
    }
    #[track_caller]
    fn open(runtime: Handle, path: String) -> ::smartcall::Dual<Client> {
        ::smartcall::Dual::boxed({
            let __in_runtime = {
                #[allow(unused_variables)]
                let runtime = &runtime;
                #[allow(unused_variables)]
                let path = &path;
                ::smartcall::__private::runtime(&(runtime))
            };
            ::smartcall::__private::in_runtime(
                {
                    ::smartcall::__private::goes_to_the_pool(&runtime);
                    ::smartcall::__private::goes_to_the_pool(&path);
                    ::smartcall::Dual::blocking(
                        ::smartcall::__private::comes_from_the_pool(move || -> Client {
                            let _ = &path;
                            let _ = &runtime;
                            {
                                let () = ();
                                Client::new(runtime, path)
                            }
                        }),
                    )
                },
                __in_runtime,
            )
        })
    }
    #[track_caller]
    fn rows(&self) -> ::smartcall::DualStreamOf<impl ::smartcall::Source<Item = u32>> {
        {
            let __in_runtime = { ::smartcall::__private::runtime(&(self.runtime)) };
            ::smartcall::__private::in_runtime(
                ::smartcall::DualStream::generate(move |emit| {
                    let mut out: Emit<u32> = emit;
                    async move {
                        {
                            if false {
                                return ::smartcall::__private::never::<()>();
                            }
                            let _ = &self;
                            {
                                out.emit(5).await;
                            }
                        }
                    }
                }),
                __in_runtime,
            )
        }
    }
}
