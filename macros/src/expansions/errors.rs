#[smart(boxd)]
const fn five() -> u32 {
    5
}

#[smart]
fn borrows(&self, a: &str) -> u32 {
    5
}

// becomes

#[track_caller]
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
    "`#[smart]` has no option `boxd`: use one of `boxed`, `local`, `in_place`, `send`, `owned`, `use<..>`, `stream`, `ahead = number`, `in_runtime = handle`, `skip`, `blocking = function`, `twin = name`, `keep_async`, `derive(..)`, `types(..)`, `no_twin` or `crate = path`"
}
::core::compile_error! {
    "`#[smart]` can't be used on a `const fn`: remove `const`, since a handle is resolved at run time"
}
#[track_caller]
fn borrows(&self, a: &str) -> ::smartcall::DualOf<impl ::smartcall::Work<Output = u32>> {
    ::smartcall::Dual::in_place(move || -> u32 {
        let a = &a;
        let _ = &self;
        {
            let () = ();
            5
        }
    })
}
::core::compile_error! {
    "`#[smart]` can't send the borrowed `self` to a thread pool: use `#[smart(owned)]` to send a copy, `#[smart(in_place)]` if `borrows` returns quickly, or make it an `async fn` that copies what it needs and awaits `Dual::blocking(move || ..)`"
}
::core::compile_error! {
    "`#[smart]` can't send the borrowed argument `a` to a thread pool: take it by value, or use `#[smart(owned)]` to send a copy, `#[smart(in_place)]` if `borrows` returns quickly, or make it an `async fn` that copies what it needs and awaits `Dual::blocking(move || ..)`"
}
