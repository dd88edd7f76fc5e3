#[test]
async fn works() {
    five().await
}

#[test(sync, tokio)]
#[should_panic(expected = "no")]
#[allow(unused)]
fn fails() -> io::Result<()> {
    Ok(())
}

#[test(foreign, timeout = "off", crate = other)]
fn endless() {}

#[test(timeout = "2min", sync)]
fn short() {}

// becomes

#[cfg(test)]
async fn works() {
    five().await
}
#[cfg(test)]
mod works {
    ::smartcall::__private::sync! {
        known #[::core::prelude::v1::test] fn sync() {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::sync::asynchronous(super::works)); }
    }
    ::smartcall::__private::shim! {
        known #[::core::prelude::v1::test] fn shim() {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::shim::asynchronous(super::works)); }
    }
    ::smartcall::__private::foreign! {
        known #[::core::prelude::v1::test] fn foreign() {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::foreign::asynchronous(super::works)); }
    }
    ::smartcall::__private::tokio! {
        known #[::core::prelude::v1::test] fn tokio() {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::tokio::asynchronous(super::works)); }
    }
}
#[cfg(test)]
#[allow(unused)]
fn fails() -> io::Result<()> {
    Ok(())
}
#[cfg(test)]
mod fails {
    ::smartcall::__private::sync! {
        chosen #[should_panic(expected = "no")] #[::core::prelude::v1::test] fn sync() ->
        impl ::std::process::Termination {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::sync::blocking(super::fails)) }
    }
    ::smartcall::__private::tokio! {
        chosen #[should_panic(expected = "no")] #[::core::prelude::v1::test] fn tokio()
        -> impl ::std::process::Termination {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(60000u64),
        || ::smartcall::__private::caller::tokio::blocking(super::fails)) }
    }
}
#[cfg(test)]
fn endless() {}
#[cfg(test)]
mod endless {
    other::__private::foreign! {
        chosen #[::core::prelude::v1::test] fn foreign() {
        other::__private::caller::foreign::blocking(super::endless); }
    }
}
#[cfg(test)]
fn short() {}
#[cfg(test)]
mod short {
    ::smartcall::__private::sync! {
        chosen #[::core::prelude::v1::test] fn sync() {
        ::smartcall::__private::limit::within(::core::time::Duration::from_millis(120000u64),
        || ::smartcall::__private::caller::sync::blocking(super::short)); }
    }
}
