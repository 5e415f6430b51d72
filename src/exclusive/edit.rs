//! Changing and deleting links, one editor at a time for each code.
//!
//! An update reads a record and writes it back, and a delete resets the claim that excludes other
//! creators. Two of them at once could bring a deleted link back to life, or reset a claim that a
//! new creator has just taken. So an editor first acquires the [`EditLock`] of the code.

use super::{
    claim::{Claims, DELAY_BOUND, WRITE_WITHIN, is_contested},
    edit_lock::EditLock,
    numbering,
};
use crate::{
    domain::{Code, Link},
    platform::Platform,
    store::{KeyValue, Number, StoreError, Stored, claim_key},
};

/// How often a delete checks whether its link has stayed away before it gives up.
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
    /// Others edited the link all the time, or updates brought it back every time it was deleted.
    Busy,
    /// The store was too slow for the change to be safe. The link is unchanged.
    TooLate,
    /// The lock could not be acquired, or the link not entered in the catalog. The link is
    /// unchanged.
    Unprepared(StoreError),
    /// It may or may not have been changed.
    Store(StoreError),
}

impl<S: KeyValue, P: Platform> Editor<'_, S, P> {
    /// Removes the link if `check` has nothing against it, which frees its code. Returns the link,
    /// unless its record is unreadable. While `check` looks at it, nobody else edits it.
    pub async fn delete<E: From<EditError>>(
        &self,
        code: &Code,
        check: impl FnOnce(Option<&Stored>) -> Result<(), E>,
    ) -> Result<Option<Stored>, E> {
        let mut lock = self.lock(code).await?;
        let exclusive = lock.is_exclusive();
        let outcome = self.delete_locked(code, check, &mut lock).await;
        lock.release().await;
        let deleted = outcome?;
        if exclusive && self.is_contested(code).await? {
            let id = deleted.as_ref().and_then(|stored| stored.id.as_deref());
            self.keep_deleted(code, id).await?;
        }
        // Last, because until here an update could bring the link back. Without the lock it still
        // can.
        if let Some(number) = deleted.as_ref().and_then(|stored| stored.number)
            && exclusive
        {
            self.strike(code, number).await;
        }
        Ok(deleted)
    }

    /// Removes the entry of a deleted link. Without its link it means nothing, so a failure is not
    /// reported to the client.
    async fn strike(&self, code: &Code, number: Number) {
        if let Err(StoreError(error)) = numbering::strike(self.store, number, code).await {
            tracing::warn!(
                key = number.key(),
                error,
                "entry of a deleted link not removed"
            );
        }
    }

    /// Replaces the link with the result of `change`, if it has one, and returns that. If the record
    /// is unreadable, `change` gets `None`, and the replacement repairs the record. While `change`
    /// looks at it, nobody else edits it.
    pub async fn update<E: From<EditError>>(
        &self,
        code: &Code,
        change: impl FnOnce(Option<&Stored>) -> Result<Link, E>,
    ) -> Result<Stored, E> {
        let mut lock = self.lock(code).await?;
        let outcome = self.update_locked(code, change, &mut lock).await;
        lock.release().await;
        outcome
    }

    async fn is_contested(&self, code: &Code) -> Result<bool, EditError> {
        Ok(is_contested(self.store, code).await?)
    }

    async fn lock(&self, code: &Code) -> Result<EditLock<'_, S, P>, EditError> {
        EditLock::acquire(self.store, self.platform, self.claims, code).await
    }

    /// Returns what it deleted.
    ///
    /// The claim is deleted first. If this stops halfway, the link is still there and can be
    /// deleted again. In the other order, the next creator would wait for a claimant that does not
    /// exist.
    async fn delete_locked<E: From<EditError>>(
        &self,
        code: &Code,
        check: impl FnOnce(Option<&Stored>) -> Result<(), E>,
        lock: &mut EditLock<'_, S, P>,
    ) -> Result<Option<Stored>, E> {
        let stored = Stored::decode(code, &self.record(code).await?).ok();
        check(stored.as_ref())?;
        // Without the lock, another delete may be running. And if the link was created without a
        // claim, a claim on the code belongs to a creator that is about to check it.
        let owns_claim =
            lock.is_exclusive() && stored.as_ref().is_some_and(|stored| stored.claimed);
        lock.write(async |lock| {
            if owns_claim {
                self.store.delete(&claim_key(code)).await?;
                // From now until the link is deleted, the next claimant is the first. If no time is
                // left, the lock is not released, so that the next editor marks the code.
                lock.ensure_in_time()?;
            }
            Ok(self.store.delete(code.as_str()).await?)
        })
        .await?;
        Ok(stored)
    }

    /// Deletes the link until it stays away. On a contested code, an update that read the link
    /// before it was deleted can write it back, within a [`DELAY_BOUND`].
    async fn keep_deleted(&self, code: &Code, deleted: Option<&str>) -> Result<(), EditError> {
        for _ in 0..MAX_LOOKS {
            self.platform.sleep(DELAY_BOUND).await;
            let since = self.platform.uptime();
            match self.store.get(code.as_str()).await? {
                Some(record) if id(code, &record).as_deref() == deleted => {}
                _ => return Ok(()),
            }
            // Not `TooLate`, which means that the link is unchanged: it was already deleted once.
            if self.platform.since(since) > WRITE_WITHIN {
                return Err(EditError::Busy);
            }
            self.store.delete(code.as_str()).await?;
        }
        Err(EditError::Busy)
    }

    async fn update_locked<E: From<EditError>>(
        &self,
        code: &Code,
        change: impl FnOnce(Option<&Stored>) -> Result<Link, E>,
        lock: &mut EditLock<'_, S, P>,
    ) -> Result<Stored, E> {
        let found = Stored::decode(code, &self.record(code).await?).ok();
        let link = change(found.as_ref())?;
        let changed = match found {
            Some(found) => Stored {
                link,
                revision: found.revision.saturating_add(1),
                ..found
            },
            // Its number is lost with the rest.
            None => Stored {
                link,
                id: None,
                claimed: false,
                number: self.number_again(code).await?,
                revision: 0,
                request: None,
            },
        };
        lock.write(async |_| Ok(self.store.set(code.as_str(), &changed.encode()).await?))
            .await?;
        Ok(changed)
    }

    /// A new number, with its entry, for a link whose record is unreadable.
    async fn number_again(&self, code: &Code) -> Result<Option<Number>, EditError> {
        let drawn = numbering::draw_new(self.store, self.platform, self.claims, 1).await;
        let number = drawn.map_err(EditError::Unprepared)?;
        let entered = numbering::enter(self.store, number, code).await;
        entered.map_err(EditError::Unprepared)?;
        Ok(number)
    }

    async fn record(&self, code: &Code) -> Result<Vec<u8>, EditError> {
        let record = self.store.get(code.as_str()).await?;
        record.ok_or(EditError::NotFound)
    }
}

/// The id that distinguishes the links of one code. Every created link has one. Links of the
/// tutorial app and unreadable records have none.
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

#[cfg(test)]
mod tests;
