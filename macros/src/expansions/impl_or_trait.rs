#[smart(send)]
pub trait Source: Sync {
    type Item;

    const SIZE: usize;

    /// Reads.
    async fn read(&self) -> Self::Item;

    fn name(self: Arc<Self>) -> String;

    #[smart]
    fn owned_name(self: Arc<Self>) -> String;

    #[smart(skip)]
    fn size(&self) -> usize {
        Self::SIZE
    }

    #[smart(in_place)]
    fn twice(&self) -> usize {
        2 * self.size()
    }
}

#[smart]
unsafe impl<const N: usize> Source for Array<{ N }> {
    async fn read(&self) -> u32 {
        5
    }
}

// becomes

pub trait Source: Sync {
    type Item;
    const SIZE: usize;
    /// Reads.
    #[track_caller]
    fn read(
        &self,
    ) -> ::smartcall::DualOf<
        impl ::smartcall::Work<Output = Self::Item> + ::core::marker::Send,
    >;
    fn name(self: Arc<Self>) -> String;
    #[track_caller]
    fn owned_name(
        self: Arc<Self>,
    ) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = String>>;
    fn size(&self) -> usize {
        Self::SIZE
    }
    #[track_caller]
    fn twice(&self) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = usize>> {
        ::smartcall::Dual::in_place(move || -> usize {
            let _ = &self;
            {
                let () = ();
                2 * self.size()
            }
        })
    }
}
unsafe impl<const N: usize> Source for Array<{ N }> {
    #[track_caller]
    fn read(&self) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
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
        })
    }
}
