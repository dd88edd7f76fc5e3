#[smart(crate = sc, boxed)]
async fn five(n: &u32) -> u32 {
    *n
}

#[smart(crate = sc)]
impl Client {
    #[smart(boxed)]
    async fn five(&self) -> u32 {
        5
    }
}

// becomes

#[track_caller]
fn five(n: &u32) -> sc::Dual<u32, sc::work::Boxed<'_, u32>> {
    sc::Dual::boxed(
        sc::Dual::future(async move {
            {
                if false {
                    return sc::__private::never::<u32>();
                }
                let _ = &n;
                {
                    let () = ();
                    *n
                }
            }
        }),
    )
}
impl Client {
    #[track_caller]
    fn five(&self) -> sc::Dual<u32, sc::work::Boxed<'_, u32>> {
        sc::Dual::boxed(
            sc::Dual::future(async move {
                {
                    if false {
                        return sc::__private::never::<u32>();
                    }
                    let _ = &self;
                    {
                        let () = ();
                        5
                    }
                }
            }),
        )
    }
}
