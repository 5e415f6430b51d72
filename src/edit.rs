//! Changing and deleting links, one editor at a time for each code.
//!
//! An update reads a record and writes it back, and a delete resets the claim that excludes other
//! creators. Two of them at once could bring a deleted link back to life, or reset a claim that
//! somebody has just taken anew. So an editor first takes the code's turn, by the same atomic
//! increment that [`crate::create`] rests on, and gives it back when done.
//!
//! An editor that waits for a whole [`LEASE`] presumes that the one before it has died. It cannot
//! be sure, so it marks the code as contested before it goes on, which is for good: from
//! then on creates and deletes of that code take a lease longer, and need no turn to be safe.

#[cfg(test)]
mod tests;

use crate::{
    claims::{Drawn, LEASE, Ticket, WRITE_WITHIN, is_contested, mark_contested},
    config::Claims,
    link::{Code, Link},
    platform::Platform,
    store::{KeyValue, StoreError, Stored, claim_key, edit_key},
};
use std::time::Duration;

/// How often a waiting editor tries to get the turn.
const TRY_EVERY: Duration = Duration::from_millis(20);

/// How often a delete looks whether its link has stayed away before it gives up.
const MAX_LOOKS: usize = 3;

/// Updates and deletes links in `store`.
pub struct Editor<'a, S, P> {
    pub store: &'a S,
    pub platform: &'a P,
    pub claims: Claims,
}

/// Why a link was not changed.
#[derive(Debug, PartialEq, Eq)]
pub enum EditError {
    NotFound,
    /// Updates have brought the link back as often as it was deleted.
    Busy,
    /// The store was too slow for the change to be safe. The link is as it was.
    TooLate,
    /// The turn could not be taken. The link is as it was.
    NoTurn(StoreError),
    /// It may or may not have been changed.
    Store(StoreError),
}

/// The right to change one code until so long after `since`.
struct Turn {
    since: Duration,
    /// The counter to reset at the end, if any: none where the host has no atomic increment, and
    /// none from the first write until the last has succeeded. For a write that fails may still
    /// take effect: the next editor is to wait for that, and to mark the code, as if this one had
    /// died.
    key: Option<String>,
}

impl<S: KeyValue, P: Platform> Editor<'_, S, P> {
    /// Removes the link, after which its code is free, and returns it, unless its record could not
    /// be read.
    pub async fn delete(&self, code: &Code) -> Result<Option<Link>, EditError> {
        let mut turn = self.take_turn(code).await?;
        let exclusive = turn.key.is_some();
        let outcome = self.delete_in_turn(code, &mut turn).await;
        self.end_turn(turn).await;
        let deleted = outcome?;
        if exclusive && is_contested(self.store, code).await? {
            let id = deleted.as_ref().and_then(|stored| stored.id.as_deref());
            self.keep_deleted(code, id).await?;
        }
        Ok(deleted.map(|stored| stored.link))
    }

    /// Replaces the link by what `change` makes of it, and returns that. A record that cannot be
    /// read is `None` to `change`: replacing it mends it.
    pub async fn update(
        &self,
        code: &Code,
        change: impl FnOnce(Option<Link>) -> Link,
    ) -> Result<Link, EditError> {
        let mut turn = self.take_turn(code).await?;
        let outcome = self.update_in_turn(code, change, &mut turn).await;
        self.end_turn(turn).await;
        outcome
    }

    /// Returns what it has deleted.
    ///
    /// The claim goes first: should this stop half-way, the link is still there and can be deleted
    /// again. The other way round the next creator would have to wait for a claimant who is none.
    async fn delete_in_turn(
        &self,
        code: &Code,
        turn: &mut Turn,
    ) -> Result<Option<Stored>, EditError> {
        let stored = Stored::decode(code, &self.record(code).await?).ok();
        self.ensure_in_time(turn.since)?;
        let key = turn.key.take();
        // Without a turn another delete may be under way. And beside a link that was made without a
        // claim, the claim may be that of a creator who is about to look.
        if key.is_some() && stored.as_ref().is_some_and(|stored| stored.claimed) {
            self.store.delete(&claim_key(code)).await?;
            // If not, the claim is gone and the link is not, which is for the next editor to mark
            // too: who claims now and who claims after its delete would both be first.
            self.ensure_in_time(turn.since)?;
        }
        self.store.delete(code.as_str()).await?;
        turn.key = key;
        Ok(stored)
    }

    /// On a contested code, an update that has read the link before it was deleted can write it
    /// back, within a lease. Deletes it until it stays away.
    async fn keep_deleted(&self, code: &Code, deleted: Option<&str>) -> Result<(), EditError> {
        for _ in 0..MAX_LOOKS {
            self.platform.sleep(LEASE).await;
            let since = self.platform.uptime();
            match self.store.get(code.as_str()).await? {
                Some(record) if id(code, &record).as_deref() == deleted => {}
                _ => return Ok(()),
            }
            // It has been deleted once already, so the link is not as it was.
            self.ensure_in_time(since).map_err(|_| EditError::Busy)?;
            self.store.delete(code.as_str()).await?;
        }
        Err(EditError::Busy)
    }

    async fn update_in_turn(
        &self,
        code: &Code,
        change: impl FnOnce(Option<Link>) -> Link,
        turn: &mut Turn,
    ) -> Result<Link, EditError> {
        let record = self.record(code).await?;
        let (link, id, claimed) = match Stored::decode(code, &record) {
            Ok(stored) => (Some(stored.link), stored.id, stored.claimed),
            Err(_) => (None, None, false),
        };
        let link = change(link);
        let changed = Stored { link, id, claimed };
        self.ensure_in_time(turn.since)?;
        let key = turn.key.take();
        self.store.set(code.as_str(), &changed.encode()).await?;
        turn.key = key;
        Ok(changed.link)
    }

    async fn record(&self, code: &Code) -> Result<Vec<u8>, EditError> {
        let record = self.store.get(code.as_str()).await?;
        record.ok_or(EditError::NotFound)
    }

    fn ensure_in_time(&self, since: Duration) -> Result<(), EditError> {
        if self.platform.since(since) > WRITE_WITHIN {
            return Err(EditError::TooLate);
        }
        Ok(())
    }

    async fn take_turn(&self, code: &Code) -> Result<Turn, EditError> {
        let started = self.platform.uptime();
        let key = edit_key(code);
        while self.platform.since(started) < LEASE {
            let drawn = Ticket::draw(self.store, self.platform, self.claims, &key).await;
            let Drawn {
                ticket,
                asked: since,
            } = drawn.map_err(EditError::NoTurn)?;
            let key = match ticket {
                Ticket::First => Some(key),
                Ticket::Unknown => None,
                Ticket::Later => {
                    self.platform.sleep(TRY_EVERY).await;
                    continue;
                }
            };
            return Ok(Turn { since, key });
        }
        mark_contested(self.store, code).await?;
        let (since, key) = (self.platform.uptime(), Some(key));
        Ok(Turn { since, key })
    }

    /// Lets the next editor in. If that fails it has to wait for a lease, which is no reason to
    /// report the edit as failed. If the turn has become another's meanwhile, that one has marked
    /// the code as contested.
    async fn end_turn(&self, turn: Turn) {
        if let Some(key) = turn.key.as_deref()
            && let Err(error) = self.store.delete(key).await
        {
            tracing::warn!(key, error = error.0, "edit turn not given back");
        }
    }
}

/// What tells one link of a code from another. The tutorial app's have none, nor have links whose
/// record is unreadable; but every link that is created has.
fn id(code: &Code, record: &[u8]) -> Option<String> {
    Stored::decode(code, record)
        .ok()
        .and_then(|stored| stored.id)
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
