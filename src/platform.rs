//! What the handlers need from the host besides the store: time, randomness, variables, and how long an
//! instance lives.

use crate::domain::Timestamp;
use std::{fmt, time::Duration};

/// The host as the handlers see it. It is passed in, so that tests can use a virtual clock.
///
/// An instance is single-threaded, so futures need not be `Send`.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait Platform {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// A monotonic clock with an arbitrary start, for measuring durations.
    fn uptime(&self) -> Duration;

    /// The time since `start`, on the [`uptime`](Self::uptime) clock.
    fn since(&self, start: Duration) -> Duration {
        self.uptime().saturating_sub(start)
    }

    /// Returns once `duration` has passed on the [`uptime`](Self::uptime) clock.
    async fn sleep(&self, duration: Duration);

    /// Sleeps for `duration`, lengthened at random, up to twofold: competitors that collided do not
    /// collide again.
    async fn sleep_apart(&self, duration: Duration) {
        let drawn = self.random(1).first().copied().unwrap_or_default();
        let longer = duration.mul_f64(1.0 + f64::from(drawn) / 256.0);
        self.sleep(longer).await;
    }

    /// Lets requests that came meanwhile go first.
    ///
    /// An instance that is making calls counts as available, and the host may leave a visitor to it.
    /// But as long as the store answers at once, as SQLite does, the host is never told that the
    /// instance waits, and the visitor is not served. So whoever makes hundreds of calls in a row calls
    /// this now and then. Yielding is not enough: it goes no further than the instance's own tasks.
    async fn give_way(&self) {
        self.sleep(Duration::from_millis(1)).await;
    }

    /// How many requests the host gives an instance. When it has answered the last of them, the host may
    /// drop it, with everything that it still meant to do.
    fn requests_per_instance(&self) -> usize;

    /// Returns `length` bytes from a cryptographically secure source.
    fn random(&self, length: usize) -> Vec<u8>;

    /// The current value of a Spin variable.
    async fn variable(&self, name: &str) -> Result<String, VariableError>;
}

/// A variable could not be read: the manifest does not grant access to it, or its provider failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableError(pub String);

impl std::error::Error for VariableError {}

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
