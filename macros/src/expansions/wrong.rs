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
        ::smartcall::Dual::blocking(move || -> u32 {
            {
                let () = ();
                5
            }
        })
    }
}
::core::compile_error! {
    "`#[smart]` has no option `boxd`: use one of `in_place`, `boxed`, `local`, `send`, `skip`, `blocking = path` and `crate = path`"
}
::core::compile_error! {
    "`#[smart]` can't make a `const fn`: remove `const`, since a handle is resolved at run time"
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
    "`#[smart]` can't send the borrowed argument `self` to a thread pool: take it by value, or use `#[smart(in_place)]` if the code is short, or make the function an `async fn`"
}
::core::compile_error! {
    "`#[smart]` can't send the borrowed argument `a` to a thread pool: take it by value, or use `#[smart(in_place)]` if the code is short, or make the function an `async fn`"
}
