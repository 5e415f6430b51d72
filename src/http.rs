//! HTTP as the handlers know it, apart from any host's types.

pub mod agent;
pub mod body;
pub mod cache_control;
pub mod cors;
pub mod header;
pub mod idempotency_key;
pub mod preconditions;
pub mod request;
pub mod resource;
pub mod response;
