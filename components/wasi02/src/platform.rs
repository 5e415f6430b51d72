//! Time, randomness and variables.

use spin_sdk::variables;
use std::time::Duration;
use url_shortener::{
    domain::Timestamp,
    platform::{Platform, VariableError},
};
use wasi::{
    clocks::{monotonic_clock, wall_clock},
    random::random,
};

/// The host, as the library asks it.
pub struct Spin;

impl Platform for Spin {
    #[inline]
    fn now(&self) -> Timestamp {
        let now = wall_clock::now();
        Timestamp::from_unix(now.seconds, now.nanoseconds)
    }

    #[inline]
    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    #[inline]
    async fn sleep(&self, duration: Duration) {
        let nanoseconds = duration.as_nanos().try_into().unwrap_or(u64::MAX);
        monotonic_clock::subscribe_duration(nanoseconds).block();
    }

    #[inline]
    fn requests_per_instance(&self) -> usize {
        1
    }

    #[inline]
    fn random(&self, length: usize) -> Vec<u8> {
        random::get_random_bytes(length as u64)
    }

    #[inline]
    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        variables::get(name).map_err(|error| VariableError(error.to_string()))
    }
}
