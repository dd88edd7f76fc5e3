//! A DNS resolver: hickory-resolver.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::lookup::{
    CertLookup, Ipv4Lookup, Ipv6Lookup, Lookup, MxLookup, NsLookup, ReverseLookup, SoaLookup,
    SrvLookup, TlsaLookup, TxtLookup,
};
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::proto::xfer::Protocol;
use hickory_resolver::{IntoName, ResolveError, TokioResolver};
use smartcall::smart;

/// A resolver that asks one server.
#[derive(Clone, Debug)]
pub struct Dns {
    resolver: TokioResolver,
}

impl Dns {
    /// Makes a resolver with a time limit for each answer. It needs no runtime.
    pub fn new(server: SocketAddr, timeout: Duration) -> Self {
        let mut config = ResolverConfig::new();
        config.add_name_server(NameServerConfig::new(server, Protocol::Udp));
        let provider = TokioConnectionProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        let options = builder.options_mut();
        options.timeout = timeout;
        options.attempts = 0;
        // All answers shall come from the server.
        options.use_hosts_file = ResolveHosts::Never;
        Dns {
            resolver: builder.build(),
        }
    }
}

/// Each handle owns a clone of the resolver, which is cheap, and its arguments, so it can be spawned and started.
#[smart(owned)]
impl Dns {
    /// Looks up records of any type.
    pub async fn lookup(
        &self,
        name: impl IntoName + 'static,
        record_type: RecordType,
    ) -> Result<Lookup, ResolveError> {
        self.resolver.lookup(name, record_type).await
    }

    /// Looks up the addresses of a host: the IPv4 addresses, or the IPv6 addresses if there are none.
    pub async fn lookup_ip(&self, host: &str) -> Result<LookupIp, ResolveError> {
        self.resolver.lookup_ip(host).await
    }

    /// Looks up the names of an address.
    pub async fn reverse_lookup(&self, address: IpAddr) -> Result<ReverseLookup, ResolveError> {
        self.resolver.reverse_lookup(address).await
    }

    /// Looks up IPv4 addresses.
    pub async fn ipv4_lookup(&self, name: &str) -> Result<Ipv4Lookup, ResolveError> {
        self.resolver.ipv4_lookup(name).await
    }

    /// Looks up IPv6 addresses.
    pub async fn ipv6_lookup(&self, name: &str) -> Result<Ipv6Lookup, ResolveError> {
        self.resolver.ipv6_lookup(name).await
    }

    /// Looks up the mail servers of a domain.
    pub async fn mx_lookup(&self, name: &str) -> Result<MxLookup, ResolveError> {
        self.resolver.mx_lookup(name).await
    }

    /// Looks up the name servers of a domain.
    pub async fn ns_lookup(&self, name: &str) -> Result<NsLookup, ResolveError> {
        self.resolver.ns_lookup(name).await
    }

    /// Looks up the start of authority of a domain.
    pub async fn soa_lookup(&self, name: &str) -> Result<SoaLookup, ResolveError> {
        self.resolver.soa_lookup(name).await
    }

    /// Looks up the hosts of a service.
    pub async fn srv_lookup(&self, name: &str) -> Result<SrvLookup, ResolveError> {
        self.resolver.srv_lookup(name).await
    }

    /// Looks up the certificates that a TLS server may have.
    pub async fn tlsa_lookup(&self, name: &str) -> Result<TlsaLookup, ResolveError> {
        self.resolver.tlsa_lookup(name).await
    }

    /// Looks up text records.
    pub async fn txt_lookup(&self, name: &str) -> Result<TxtLookup, ResolveError> {
        self.resolver.txt_lookup(name).await
    }

    /// Looks up certificates.
    pub async fn cert_lookup(&self, name: &str) -> Result<CertLookup, ResolveError> {
        self.resolver.cert_lookup(name).await
    }
}
