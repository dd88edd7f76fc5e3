#[smart(send)]
pub trait Source: Sync {
    type Item;

    const SIZE: usize;

    /// Reads.
    async fn read(&self) -> Self::Item;

    fn name(self: Arc<Self>) -> String;

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
    fn read(
        &self,
    ) -> ::smartcall::DualOf<
        impl ::smartcall::Work<Output = Self::Item> + ::core::marker::Send,
    >;
    fn name(
        self: Arc<Self>,
    ) -> ::smartcall::DualOf<
        impl ::smartcall::Work<Output = String> + ::core::marker::Send,
    >;
    fn size(&self) -> usize {
        Self::SIZE
    }
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
