//! The lock on one code: one update or delete of it at a time.
//!
//! The lock is a counter. Whoever increments it from 0 to 1 holds it, and deleting the counter
//! releases it. An editor that has waited for a whole [`DELAY_BOUND`] presumes that the holder has
//! died. It cannot be sure, so it marks the code as contested before it goes on. The mark stays:
//! from then on creates and deletes of that code take longer, and need no lock to be safe.

use super::{
    claim::{Claims, DELAY_BOUND, Drawn, Ticket, WRITE_WITHIN, mark_contested},
    edit::EditError,
};
use crate::{
    domain::Code,
    platform::Platform,
    store::{KeyValue, StoreError, edit_key},
};
use std::{mem, time::Duration};

/// How often a waiting editor tries to get the lock.
pub(super) const TRY_EVERY: Duration = Duration::from_millis(20);

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

impl<'a, S: KeyValue, P: Platform> EditLock<'a, S, P> {
    /// Waits for the lock on `code`, at most for a [`DELAY_BOUND`].
    pub async fn acquire(
        store: &'a S,
        platform: &'a P,
        claims: Claims,
        code: &Code,
    ) -> Result<Self, EditError> {
        let started = platform.uptime();
        let key = edit_key(code);
        let lock = |since, state| Self {
            store,
            platform,
            since,
            state,
        };
        while platform.since(started) < DELAY_BOUND {
            let drawn = Ticket::draw(store, platform, claims, &key).await;
            let Drawn { ticket, asked } = drawn.map_err(EditError::Unprepared)?;
            match ticket {
                Ticket::First => return Ok(lock(asked, State::Held { key })),
                Ticket::Unknown => return Ok(lock(asked, State::Unavailable)),
                Ticket::Later => platform.sleep(TRY_EVERY).await,
            }
        }
        mark_contested(store, code).await?;
        Ok(lock(platform.uptime(), State::Held { key }))
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

    /// Lets the next editor in. A failure only costs that editor a wait, so it is not reported to
    /// the client. If another editor has taken the lock over meanwhile, it has marked the code as
    /// contested.
    pub async fn release(self) {
        if let State::Held { key } = self.state
            && let Err(StoreError(error)) = self.store.delete(&key).await
        {
            tracing::warn!(key, error, "edit lock not released");
        }
    }
}
