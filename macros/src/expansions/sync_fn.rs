#[smart]
pub fn read(path: String, #[cfg(unix)] mode: u32) -> io::Result<Vec<u8>> {
    fs::read(path)
}

#[smart]
fn len(self: Arc<Self>) -> usize {
    self.0
}

#[smart(in_place)]
fn first(&self, text: &str) -> Option<char> {
    text.chars().next()
}

// becomes

#[track_caller]
pub fn read(
    path: String,
    #[cfg(unix)]
    mode: u32,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = io::Result<Vec<u8>>>> {
    {
        ::smartcall::__private::goes_to_the_pool(&path);
        #[cfg(unix)] ::smartcall::__private::goes_to_the_pool(&mode);
        ::smartcall::Dual::blocking(
            ::smartcall::__private::comes_from_the_pool(move || -> io::Result<Vec<u8>> {
                #[cfg(unix)]
                let mode = &mode;
                let _ = &path;
                {
                    let () = ();
                    fs::read(path)
                }
            }),
        )
    }
}
#[track_caller]
fn len(self: Arc<Self>) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = usize>> {
    {
        ::smartcall::__private::goes_to_the_pool(&self);
        ::smartcall::Dual::blocking(
            ::smartcall::__private::comes_from_the_pool(move || -> usize {
                let _ = &self;
                {
                    let () = ();
                    self.0
                }
            }),
        )
    }
}
#[track_caller]
fn first(
    &self,
    text: &str,
) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = Option<char>>> {
    ::smartcall::Dual::in_place(move || -> Option<char> {
        let _ = &text;
        let _ = &self;
        {
            let () = ();
            text.chars().next()
        }
    })
}
