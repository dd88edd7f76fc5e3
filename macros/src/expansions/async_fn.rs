#[smart]
/// Fetches.
#[inline]
pub(crate) async fn fetch<'a, T: AsRef<str>>(url: &'a str, mut tries: u32, _: T) -> Result<&'a str, Error>
where
    T: Clone,
{
    tries += 1;
    Ok(url)
}

#[smart]
async fn nothing(&self, (a, b): (u32, u32)) {}

#[smart]
async fn opaque() -> Result<impl Iterator<Item = u32>, Error> {
    Ok(0..5)
}

#[smart(send)]
async fn never() -> ! {
    loop {}
}

// becomes

/// Fetches.
#[inline]
#[track_caller]
pub(crate) fn fetch<'a, T: AsRef<str>>(
    url: &'a str,
    mut tries: u32,
    arg2: T,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = Result<&'a str, Error>>>
where
    T: Clone,
{
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<Result<&'a str, Error>>();
            }
            let _ = &arg2;
            let _ = &tries;
            let _ = &url;
            {
                tries += 1;
                Ok(url)
            }
        }
    })
}
#[track_caller]
fn nothing(
    &self,
    arg0: (u32, u32),
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = ()>> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<()>();
            }
            let _ = &arg0;
            let _ = &self;
            let arg0 = arg0;
            let (a, b) = arg0;
            {}
        }
    })
}
#[track_caller]
fn opaque() -> ::smartcall::DualOf<
    impl ::smartcall::Work<Output = Result<impl Iterator<Item = u32>, Error>>,
> {
    ::smartcall::Dual::future(async move {
        {
            if false {
                return ::smartcall::__private::never::<Result<_, Error>>();
            }
            {
                let () = ();
                Ok(0..5)
            }
        }
    })
}
#[track_caller]
fn never() -> ::smartcall::DualOf<
    impl ::smartcall::Work<Output = ::smartcall::__private::Never> + ::core::marker::Send,
> {
    ::smartcall::Dual::future(async move {
        {
            #[allow(unreachable_code, clippy::diverging_sub_expression)]
            if false {
                return ::smartcall::__private::never::<::smartcall::__private::Never>();
            }
            {
                let () = ();
                loop {}
            }
        }
    })
}
