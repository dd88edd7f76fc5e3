//! The callers of the DNS resolver.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};

use hickory_resolver::ResolveError;
use hickory_resolver::proto::rr::RecordType;

use super::Report;
use crate::dns::Dns;

/// An address that the server knows.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Calls all functions from sync code.
///
/// # Errors
///
/// Returns the first error of the resolver.
pub fn sync(dns: &Dns) -> Result<Report, ResolveError> {
    let (domain, www) = ("example.test.", "www.example.test.");
    let (http, tls) = ("_http._tcp.example.test.", "_443._tcp.example.test.");
    Ok(vec![
        ("lookup", list(dns.lookup(domain, RecordType::CAA).get()?)),
        ("lookup_ip", list(dns.lookup_ip(www).get()?)),
        ("reverse_lookup", list(dns.reverse_lookup(ADDRESS).get()?)),
        ("ipv4_lookup", list(dns.ipv4_lookup(www).get()?)),
        ("ipv6_lookup", list(dns.ipv6_lookup(www).get()?)),
        ("mx_lookup", list(dns.mx_lookup(domain).get()?)),
        ("ns_lookup", list(dns.ns_lookup(domain).get()?)),
        ("soa_lookup", list(dns.soa_lookup(domain).get()?)),
        ("srv_lookup", list(dns.srv_lookup(http).get()?)),
        ("tlsa_lookup", list(dns.tlsa_lookup(tls).get()?)),
        ("txt_lookup", list(dns.txt_lookup(domain).get()?)),
        ("cert_lookup", list(dns.cert_lookup(domain).get()?)),
    ])
}

/// Calls all functions from async code.
///
/// # Errors
///
/// Returns the first error of the resolver.
pub async fn asynchronous(dns: &Dns) -> Result<Report, ResolveError> {
    let (domain, www) = ("example.test.", "www.example.test.");
    let (http, tls) = ("_http._tcp.example.test.", "_443._tcp.example.test.");
    Ok(vec![
        ("lookup", list(dns.lookup(domain, RecordType::CAA).await?)),
        ("lookup_ip", list(dns.lookup_ip(www).await?)),
        ("reverse_lookup", list(dns.reverse_lookup(ADDRESS).await?)),
        ("ipv4_lookup", list(dns.ipv4_lookup(www).await?)),
        ("ipv6_lookup", list(dns.ipv6_lookup(www).await?)),
        ("mx_lookup", list(dns.mx_lookup(domain).await?)),
        ("ns_lookup", list(dns.ns_lookup(domain).await?)),
        ("soa_lookup", list(dns.soa_lookup(domain).await?)),
        ("srv_lookup", list(dns.srv_lookup(http).await?)),
        ("tlsa_lookup", list(dns.tlsa_lookup(tls).await?)),
        ("txt_lookup", list(dns.txt_lookup(domain).await?)),
        ("cert_lookup", list(dns.cert_lookup(domain).await?)),
    ])
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}
