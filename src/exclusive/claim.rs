//! Claims: how an atomic increment selects one of several competitors.
//!
//! The one that increments a counter from 0 to 1 is the first, and all others learn that they are
//! not.

use crate::{
    domain::Code,
    platform::Platform,
    store::{IncrementError, KeyValue, StoreError, contested_key},
};
use std::{cell::Cell, time::Duration};

/// The longest time from reading a code until the write that depends on the read has taken effect.
/// This is the delay bound of Fischer's algorithm for mutual exclusion: a competitor that waits
/// this long after its own write sees the writes of all competitors that had not seen it.
pub const DELAY_BOUND: Duration = Duration::from_secs(2);

/// How soon after the read a write must begin. The rest of [`DELAY_BOUND`] is for the write itself.
pub(super) const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// The pauses before each retry of a failed increment. Each is lengthened at random, up to twofold.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
];

/// How competitors for a code are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    /// By the host's atomic increment, or like `Optimistic` if the host has none.
    Auto,
    /// By reading before and after the write. Best effort.
    Optimistic,
}

/// A competitor's place among those who have incremented the same counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    First,
    /// Not the first, or the first without knowing it: an earlier increment may have counted
    /// although it failed.
    Later,
    /// The host has no increment, or the operator's [`Claims`] forbid it.
    Unknown,
}

/// A [`Ticket`], and when the increment that gave it began, on the platform's
/// [`uptime`](Platform::uptime) clock.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    pub ticket: Ticket,
    pub asked: Duration,
}

/// What an increment returned, and when it began.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// At least what was added. `None` if the host has no increment, or the operator's [`Claims`] forbid it.
    pub count: Option<i64>,
    pub asked: Duration,
}

impl Ticket {
    /// Draws a ticket from the counter under `key`. A failure never makes it [`Ticket::Unknown`].
    ///
    /// # Errors
    ///
    /// All attempts failed. If any of them counted, the next ticket is [`Ticket::Later`].
    pub async fn draw(
        store: &impl KeyValue,
        platform: &impl Platform,
        claims: Claims,
        key: &str,
    ) -> Result<Drawn, StoreError> {
        let Counted { count, asked } = increment(store, platform, claims, key, 1).await?;
        let ticket = match count {
            Some(1) => Self::First,
            Some(_) => Self::Later,
            None => Self::Unknown,
        };
        Ok(Drawn { ticket, asked })
    }
}

/// Adds `by` to the counter under `key`, unless `claims` forbids it.
///
/// A failed increment is retried after a pause. The pause is random, so that competitors that
/// collided do not collide again: DynamoDB refuses an increment exactly when others increment the
/// same counter.
///
/// # Errors
///
/// All attempts failed. Any of them may have counted.
pub async fn increment(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
    key: &str,
    by: i64,
) -> Result<Counted, StoreError> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let asked = platform.uptime();
        let attempt = match claims {
            Claims::Auto => increment_once(store, key, by).await,
            Claims::Optimistic => Ok(None),
        };
        let error = match attempt {
            Ok(count) => return Ok(Counted { count, asked }),
            Err(error) => error,
        };
        let Some(pause) = pauses.next() else {
            return Err(error);
        };
        platform.sleep_apart(pause).await;
    }
}

async fn increment_once(
    store: &impl KeyValue,
    key: &str,
    by: i64,
) -> Result<Option<i64>, StoreError> {
    match store.increment(key, by).await {
        Ok(count) if count >= by => Ok(Some(count)),
        Ok(nonsense) => Err(StoreError(format!("increment answered {nonsense}"))),
        Err(IncrementError::Failed(error)) => Err(error),
        Err(unsupported @ IncrementError::Unsupported) => {
            warn_not_exclusive(&unsupported.to_string());
            Ok(None)
        }
    }
}

/// Warns once per instance (which has one thread) that creates are not exclusive although the
/// operator expects it.
fn warn_not_exclusive(reason: &str) {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    if !WARNED.replace(true) {
        tracing::warn!(reason, "claims are optimistic: creation is not exclusive");
    }
}

/// Marks for good that several may be writing `code` at once.
pub async fn mark_contested(store: &impl KeyValue, code: &Code) -> Result<(), StoreError> {
    store.set(&contested_key(code), b"1").await
}

/// Whether several may be writing `code` at once.
pub async fn is_contested(store: &impl KeyValue, code: &Code) -> Result<bool, StoreError> {
    Ok(store.get(&contested_key(code)).await?.is_some())
}
