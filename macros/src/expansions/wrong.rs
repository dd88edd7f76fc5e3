#[smart(boxd)]
const fn five() -> u32 {
    5
}

#[smart]
fn borrows(&self, a: &str) -> u32 {
    5
}

// becomes

fn five() -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
    {
        ::smartcall::Dual::blocking(
            ::smartcall::__private::comes_from_the_pool(move || -> u32 {
                {
                    let () = ();
                    5
                }
            }),
        )
    }
}
::core::compile_error! {
    "`#[smart]` has no option `boxd`: use one of `boxed`, `local`, `in_place`, `send`, `skip`, `blocking = function` or `crate = path`"
}
::core::compile_error! {
    "`#[smart]` can't be on a `const fn`: remove `const`, since a handle is resolved at run time"
}
fn borrows(&self, a: &str) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
    ::smartcall::Dual::in_place(move || -> u32 {
        let _ = &self;
        let a = a;
        {
            let () = ();
            5
        }
    })
}
::core::compile_error! {
    "`#[smart]` can't send the borrowed `self` to a thread pool: use `#[smart(in_place)]` if `borrows` returns quickly, or make it an `async fn` that awaits a `Dual::blocking(move || ..)` of what it copies"
}
::core::compile_error! {
    "`#[smart]` can't send the borrowed argument `a` to a thread pool: take it by value, or use `#[smart(in_place)]` if `borrows` returns quickly, or make it an `async fn` that awaits a `Dual::blocking(move || ..)` of what it copies"
}
