//! tonic, by the standard service that tells whether a server is healthy.

use smartcall::smart;
use tokio::runtime::Handle;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::Result;
use crate::clients::Client;

/// A channel to a server.
#[derive(Debug)]
pub struct Health {
    client: HealthClient<Channel>,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for Health {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        let channel = Endpoint::from_shared(at.to_owned())?.connect().await?;
        let client = HealthClient::new(channel);
        let runtime = Handle::current();
        Ok(Health { client, runtime })
    }

    /// The service has no numbers. It tells that it serves, which is one more.
    async fn ask(&self, n: u32) -> Result<u32> {
        let request = HealthCheckRequest::default();
        let response = self.client.clone().check(request).await?;
        let is_serving = response.into_inner().status() == ServingStatus::Serving;
        Ok(n + u32::from(is_serving))
    }
}
