//! What `context.rs` needs of `offload.rs`: a name.

#[derive(Debug)]
pub struct Job;
