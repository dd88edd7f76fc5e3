//! The DNS resolver, with every caller.

mod common;

use common::{IMPATIENT, PATIENT, assert_report, limit};
use smartcall_facades::callers;
use smartcall_facades::dns::Dns;
use smartcall_facades::servers;

const EXPECTED: [(&str, &str); 12] = [
    ("lookup", "0 issue \"ca.example.test\""),
    ("lookup_ip", "192.0.2.1"),
    ("reverse_lookup", "www.example.test."),
    ("ipv4_lookup", "192.0.2.1"),
    ("ipv6_lookup", "2001:db8::1"),
    ("mx_lookup", "10 mail.example.test."),
    ("ns_lookup", "ns.example.test."),
    ("soa_lookup", "ns. admin. 1 2 3 4 5"),
    ("srv_lookup", "1 2 80 www.example.test."),
    ("tlsa_lookup", "3 1 1 010203"),
    ("txt_lookup", "text"),
    ("cert_lookup", "PKIX 2 DSA AQID"),
];

/// In plain sync code, in a task of the `Executor`, on an executor that does not announce itself, and in a tokio
/// task.
#[smartcall::test]
fn sync_caller() {
    let _limit = limit();
    let server = servers::dns().expect("it starts");
    let report = callers::dns::sync(&Dns::new(server.address(), PATIENT));
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

/// Driven by one `.get()`, in a task of the `Executor`, and in a tokio task.
#[smartcall::test(sync, shim, tokio)]
async fn async_caller() {
    let _limit = limit();
    let server = servers::dns().expect("it starts");
    let dns = Dns::new(server.address(), PATIENT);
    let report = callers::dns::asynchronous(&dns).await;
    assert_report(&report.expect("it is answered"), &EXPECTED);
}

#[smartcall::test]
fn errors_of_a_sync_caller() {
    let _limit = limit();
    let server = servers::dns().expect("it starts");
    let dns = Dns::new(server.address(), PATIENT);
    let error = dns.lookup_ip("no.test.").get().expect_err("no such name");
    assert!(error.is_nx_domain(), "{error}");
    let error = dns
        .mx_lookup("www.example.test.")
        .get()
        .expect_err("no such record");
    assert!(
        error.is_no_records_found() && !error.is_nx_domain(),
        "{error}"
    );
    dns.txt_lookup("no..name")
        .get()
        .expect_err("no name at all");

    let dns = Dns::new(server.address(), IMPATIENT);
    drop(server);
    let error = dns
        .lookup_ip("www.example.test.")
        .get()
        .expect_err("nobody is there");
    assert_eq!(error.to_string(), "proto error: request timed out");
}

#[smartcall::test(sync, shim, tokio)]
async fn errors_of_an_async_caller() {
    let _limit = limit();
    let server = servers::dns().expect("it starts");
    let dns = Dns::new(server.address(), PATIENT);
    let error = dns.lookup_ip("no.test.").await.expect_err("no such name");
    assert!(error.is_nx_domain(), "{error}");
    let error = dns
        .mx_lookup("www.example.test.")
        .await
        .expect_err("no such record");
    assert!(
        error.is_no_records_found() && !error.is_nx_domain(),
        "{error}"
    );
    dns.txt_lookup("no..name")
        .await
        .expect_err("no name at all");

    let dns = Dns::new(server.address(), IMPATIENT);
    drop(server);
    let error = dns
        .lookup_ip("www.example.test.")
        .await
        .expect_err("nobody is there");
    assert_eq!(error.to_string(), "proto error: request timed out");
}
