#[smart(blocking = native::fetch)]
async fn fetch(url: &str, mut tries: u32) -> String {
    tries += 1;
    url.into()
}

#[smart(blocking = Self::len_blocking)]
async fn len(&self) -> usize {
    self.0
}

#[smart(blocking = Self::take_blocking)]
async fn take(&mut self, n: usize) -> usize {
    fn inner(self) {}
    self.0 -= n;
    log!(self, self::LEVEL);
    self.0
}

// becomes

#[track_caller]
fn fetch(
    url: &str,
    tries: u32,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = String>> {
    ::smartcall::Dual::pair(
        (url, tries),
        |(url, tries)| -> String { native::fetch(url, tries) },
        |(url, mut tries)| async move {
            {
                if false {
                    return ::smartcall::__private::never::<String>();
                }
                let _ = &tries;
                let _ = &url;
                {
                    tries += 1;
                    url.into()
                }
            }
        },
    )
}
#[track_caller]
fn len(&self) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = usize>> {
    ::smartcall::Dual::pair(
        (),
        move |()| -> usize { Self::len_blocking(self) },
        move |()| async move {
            {
                if false {
                    return ::smartcall::__private::never::<usize>();
                }
                let _ = &self;
                {
                    let () = ();
                    self.0
                }
            }
        },
    )
}
#[track_caller]
fn take(
    &mut self,
    n: usize,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = usize>> {
    ::smartcall::Dual::pair(
        (self, n),
        |(__this, n)| -> usize { Self::take_blocking(__this, n) },
        |(__this, n)| async move {
            {
                if false {
                    return ::smartcall::__private::never::<usize>();
                }
                let _ = &n;
                let __self = __this;
                {
                    fn inner(self) {}
                    __self.0 -= n;
                    log!(__self, self::LEVEL);
                    __self.0
                }
            }
        },
    )
}
