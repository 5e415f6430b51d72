//! The lock on one code: one update or delete of it at a time.
//!
//! The lock is a counter. An editor that finds none adds a random number to it, and holds the lock if
//! the counter then equals that number. Deleting the counter releases the lock. So each holder has a
//! different count, and a count that has not changed for a [`DELAY_BOUND`] belongs to a holder that has
//! died: a live one would have released the lock, or is too late to write. An editor that sees this
//! also adds a random number. If the sum is what it expects, it has taken over the lock; a simultaneous
//! rival gets a larger sum and keeps waiting.
//!
//! The death of a holder may have left things halfway, so before that its successor marks the code as
//! contested. The mark stays: from then on creates and deletes of that code take longer, and need no
//! lock to be safe.

use super::{
    claim::{Claims, Counted, DELAY_BOUND, WRITE_WITHIN, increment, mark_contested},
    edit::EditError,
};
use crate::{
    domain::Code,
    platform::Platform,
    store::{KeyValue, StoreError, count, edit_key},
};
use std::{mem, time::Duration};

/// How often a waiting editor looks at the lock.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long an editor waits for the lock: for several holders, of whom some have died.
const PATIENCE: Duration = Duration::from_secs(8);

/// The right to write one code until [`WRITE_WITHIN`] after `since`.
pub(super) struct EditLock<'a, S, P> {
    store: &'a S,
    platform: &'a P,
    since: Duration,
    state: State,
}

enum State {
    /// Held by the counter under this key.
    Held { key: String },
    /// A write under the lock has not succeeded, and may still take effect. The lock is never
    /// released: the next editor then waits for that write and marks the code, as if this editor
    /// had died.
    Uncertain,
    /// The host offers no increment, so nothing keeps other editors away.
    Unavailable,
}

/// The count that an editor saw last, and when it had seen it first.
#[derive(Default)]
struct Seen {
    count: i64,
    at: Duration,
}

impl<'a, S: KeyValue, P: Platform> EditLock<'a, S, P> {
    /// Waits for the lock on `code`.
    pub async fn acquire(
        store: &'a S,
        platform: &'a P,
        claims: Claims,
        code: &Code,
    ) -> Result<Self, EditError> {
        let started = platform.uptime();
        if claims == Claims::Optimistic {
            return Ok(Self {
                store,
                platform,
                since: started,
                state: State::Unavailable,
            });
        }
        let key = edit_key(code);
        let mut seen = Seen::default();
        while platform.since(started) < PATIENCE {
            let count = count(store, &key).await.map_err(EditError::Unprepared)?;
            if count != seen.count {
                let at = platform.uptime();
                seen = Seen { count, at };
            }
            if count == 0 || platform.since(seen.at) >= DELAY_BOUND {
                let taken = Self::try_to_take(store, platform, claims, code, count).await?;
                if let Some(lock) = taken {
                    return Ok(lock);
                }
            }
            platform.sleep(LOOK_EVERY).await;
        }
        Err(EditError::Busy)
    }

    /// Takes the lock that nobody has, or that a dead holder has left at `count`; `None` if somebody was
    /// quicker.
    async fn try_to_take(
        store: &'a S,
        platform: &'a P,
        claims: Claims,
        code: &Code,
        count: i64,
    ) -> Result<Option<Self>, EditError> {
        if count != 0 {
            let marked = mark_contested(store, code).await;
            marked.map_err(EditError::Unprepared)?;
        }
        let key = edit_key(code);
        let by = random_count(platform);
        let drawn = increment(store, platform, claims, &key, by).await;
        let Counted { count: sum, asked } = drawn.map_err(EditError::Unprepared)?;
        let state = match sum {
            None => State::Unavailable,
            // The lock was free, or its dead holder's count was still there.
            Some(sum) if sum == by || sum == count.saturating_add(by) => State::Held { key },
            Some(_) => return Ok(None),
        };
        Ok(Some(Self {
            store,
            platform,
            since: asked,
            state,
        }))
    }

    /// Whether the lock keeps other editors away.
    pub fn is_exclusive(&self) -> bool {
        matches!(self.state, State::Held { .. })
    }

    /// Whether a write may still begin: it must take effect before others presume this editor
    /// dead.
    pub fn ensure_in_time(&self) -> Result<(), EditError> {
        if self.platform.since(self.since) > WRITE_WITHIN {
            return Err(EditError::TooLate);
        }
        Ok(())
    }

    /// Runs `write`, which changes what the lock is on, if there is still time for it.
    pub async fn write(
        &mut self,
        write: impl AsyncFnOnce(&Self) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        self.ensure_in_time()?;
        let held = mem::replace(&mut self.state, State::Uncertain);
        write(self).await?;
        self.state = held;
        Ok(())
    }

    /// Lets the next editor in, if there is still time: later, the lock may be somebody else's. If it
    /// stays, the next editor waits and marks the code as contested, so it is not reported to the client.
    pub async fn release(self) {
        if self.ensure_in_time().is_ok()
            && let State::Held { key } = self.state
            && let Err(StoreError(error)) = self.store.delete(&key).await
        {
            tracing::warn!(key, error, "edit lock not released");
        }
    }
}

/// A random number from 1 to 2^48: two are almost never equal, and no sum of them overflows.
fn random_count(platform: &impl Platform) -> i64 {
    let bytes = platform.random(6).into_iter();
    let number = bytes.fold(0_i64, |number, byte| (number << 8) | i64::from(byte));
    number.saturating_add(1)
}
