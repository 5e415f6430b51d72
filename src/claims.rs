//! Claims: how one is told from the others where a store has no conditional write.
//!
//! Who increments a counter from 0 to 1 is the first, and every other knows that it is not. What
//! follows from that for creating a link says [`crate::create`], for changing one [`crate::edit`];
//! `docs/consistency.md` argues both.

use crate::{
    config::Claims,
    link::Code,
    platform::Platform,
    store::{IncrementError, KeyValue, StoreError, contested_key},
};
use std::{cell::Cell, time::Duration};

/// How long it may take from looking at a code until the write that follows has taken effect.
pub const LEASE: Duration = Duration::from_secs(2);

/// How long after looking a write may still begin; the rest of the lease is for the write itself.
pub const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// An increment that fails is tried again after each of these, made up to twice as long at random.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
];

/// Where one stands among those who have incremented the same counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    First,
    /// Not the first, or the first without knowing it: an earlier increment of one's own may have
    /// counted although it failed.
    Later,
    /// The host offers no increment, or must not be asked for it.
    Unknown,
}

/// A [`Ticket`], and when the increment that gave it was begun, on the platform's
/// [`uptime`](Platform::uptime).
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    pub ticket: Ticket,
    pub asked: Duration,
}

impl Ticket {
    /// Increments the counter under `key`, unless `claims` forbids it.
    ///
    /// An increment that fails is tried again after a pause, which is random so that those who met
    /// do not meet again: DynamoDB refuses an increment exactly when others increment the counter.
    /// Only a host that offers no increment makes the ticket [`Ticket::Unknown`].
    ///
    /// # Errors
    ///
    /// All tries failed. Each may have counted, so that the next to draw is [`Ticket::Later`].
    pub async fn draw(
        store: &impl KeyValue,
        platform: &impl Platform,
        claims: Claims,
        key: &str,
    ) -> Result<Drawn, StoreError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let asked = platform.uptime();
            let attempt = match claims {
                Claims::Auto => Self::increment(store, key).await,
                Claims::Optimistic => Ok(Self::Unknown),
            };
            let error = match attempt {
                Ok(ticket) => return Ok(Drawn { ticket, asked }),
                Err(error) => error,
            };
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            platform.sleep(lengthened(pause, platform)).await;
        }
    }

    /// One try of [`draw`](Self::draw).
    async fn increment(store: &impl KeyValue, key: &str) -> Result<Self, StoreError> {
        match store.increment(key).await {
            Ok(1) => Ok(Self::First),
            Ok(count) if count > 1 => Ok(Self::Later),
            Ok(nonsense) => Err(StoreError(format!("increment answered {nonsense}"))),
            Err(IncrementError::Failed(error)) => Err(error),
            Err(unsupported @ IncrementError::Unsupported) => {
                warn_not_exclusive(&unsupported.to_string());
                Ok(Self::Unknown)
            }
        }
    }
}

/// `pause`, made up to twice as long at random.
fn lengthened(pause: Duration, platform: &impl Platform) -> Duration {
    let drawn = platform.random(1).first().copied().unwrap_or_default();
    pause.mul_f64(1.0 + f64::from(drawn) / 256.0)
}

/// Says once per instance (which has one thread) that creates are not exclusive although the
/// operator expects it.
fn warn_not_exclusive(reason: &str) {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    if !WARNED.replace(true) {
        tracing::warn!(reason, "claims are optimistic: creation is not exclusive");
    }
}

/// Says for good that several may be writing `code` at once.
pub async fn mark_contested(store: &impl KeyValue, code: &Code) -> Result<(), StoreError> {
    store.set(&contested_key(code), b"1").await
}

/// Whether several may be writing `code` at once.
pub async fn is_contested(store: &impl KeyValue, code: &Code) -> Result<bool, StoreError> {
    Ok(store.get(&contested_key(code)).await?.is_some())
}
