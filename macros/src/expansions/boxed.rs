#[smart(boxed)]
async fn factorial(n: u64) -> u64 {
    n
}

#[smart(boxed)]
async fn sum(&self) -> u32 {
    5
}

#[smart(boxed)]
async fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    a
}

#[smart(boxed, local)]
async fn put<T: Clone, U>(&mut self, key: &str, items: Cow<'_, [T]>, more: impl Fn(&U)) -> bool {
    true
}

#[smart(boxed)]
async fn into_inner(self) -> u32 {
    self.0
}

#[smart(boxed)]
async fn opaque(n: u32) -> impl Iterator<Item = u32> {
    0..n
}

// becomes

#[track_caller]
fn factorial(n: u64) -> ::smartcall::Dual<u64> {
    ::smartcall::Dual::boxed(
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<u64>();
                }
                let _ = &n;
                {
                    let () = ();
                    n
                }
            }
        }),
    )
}
#[track_caller]
fn sum(&self) -> ::smartcall::Dual<u32, ::smartcall::work::Boxed<'_, u32>> {
    ::smartcall::Dual::boxed(
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
    )
}
#[track_caller]
fn longest<'a>(
    a: &'a str,
    b: &'a str,
) -> ::smartcall::Dual<&'a str, ::smartcall::work::Boxed<'a, &'a str>> {
    ::smartcall::Dual::boxed(
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<&'a str>();
                }
                let b = &b;
                let _ = &a;
                {
                    let () = ();
                    a
                }
            }
        }),
    )
}
#[track_caller]
fn put<'life0, 'life1, 'life2, 'smart, T: Clone + 'smart, U>(
    &'life0 mut self,
    key: &'life1 str,
    items: Cow<'life2, [T]>,
    more: impl Fn(&U) + 'smart,
) -> ::smartcall::Dual<bool, ::smartcall::work::LocalBoxed<'smart, bool>>
where
    'life0: 'smart,
    'life1: 'smart,
    'life2: 'smart,
    U: 'smart,
{
    ::smartcall::Dual::boxed_local(
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<bool>();
                }
                let more = &more;
                let items = &items;
                let key = &key;
                let _ = &self;
                {
                    let () = ();
                    true
                }
            }
        }),
    )
}
#[track_caller]
fn into_inner<'smart>(
    self,
) -> ::smartcall::Dual<u32, ::smartcall::work::Boxed<'smart, u32>>
where
    Self: 'smart,
{
    ::smartcall::Dual::boxed(
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<u32>();
                }
                let _ = &self;
                {
                    let () = ();
                    self.0
                }
            }
        }),
    )
}
#[track_caller]
fn opaque(
    n: u32,
) -> ::smartcall::DualOf<::smartcall::work::Boxed<'static, impl Iterator<Item = u32>>> {
    ::smartcall::Dual::boxed(
        ::smartcall::Dual::future(async move {
            {
                if false {
                    return ::smartcall::__private::never::<_>();
                }
                let _ = &n;
                {
                    let () = ();
                    0..n
                }
            }
        }),
    )
}
