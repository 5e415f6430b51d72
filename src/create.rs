//! Exclusive creation: of any number of simultaneous creates of one code, one succeeds.
//!
//! A key-value store has no conditional write, but its atomic increment can stand in for one: who
//! increments the code's claim from 0 to 1 is the first claimant, and writes at once. Every other
//! claimant lets it, for a whole [`LEASE`]. Should no link appear, the first has died; so as not to
//! lose the code, the others then *contest* it: each marks the code as contested, looks whether
//! it is free, writes, waits a lease and reads back. Whose link is still there has created it.
//!
//! Two rules make this exclusive. `docs/consistency.md` argues it, `interleavings` checks it:
//! - who writes has looked, less than a lease before the write takes effect, and found the code
//!   free. So a lease after a write all others are done that did not see it. This is Fischer's
//!   algorithm for mutual exclusion;
//! - the first claimant looks for the mark *after* it has written, and a contestant looks for the
//!   link *after* it has set the mark. So one of them sees the other: either the first
//!   waits like a contestant, or the contestant finds the code taken.
//!
//! The mark stays for good: at worst, later creates of that code take a lease longer.

#[cfg(test)]
mod tests;

use crate::{
    claims::{Drawn, LEASE, Ticket, WRITE_WITHIN, is_contested, mark_contested},
    config::Claims,
    link::{Code, Link},
    platform::Platform,
    store::{KeyValue, StoreError, Stored, claim_key},
};
use std::time::Duration;

/// How often a waiting claimant looks whether the link has appeared.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often a code is drawn before giving up on finding a free one.
const MAX_DRAWS: usize = 5;

/// Characters in a link's id. Drawn from 64, so that no two creates ever share one.
const ID_LENGTH: usize = 16;

/// Creates links in `store`, each code once.
pub struct Creator<'a, S, P> {
    pub store: &'a S,
    pub platform: &'a P,
    pub claims: Claims,
}

/// Why a link was not created.
#[derive(Debug, PartialEq, Eq)]
pub enum CreateError {
    /// The code has a link: this one, unless its record is unreadable.
    Taken(Option<Box<Link>>),
    /// The store was too slow for the write to be safe. Nothing was written.
    TooLate,
    /// The code could not be claimed. Nothing was written.
    Unclaimed(StoreError),
    /// Every drawn code was taken.
    NoFreeCode,
    /// The link was written, and was gone when read back: somebody has deleted it meanwhile, or
    /// has overwritten it and then deleted that.
    Vanished,
    /// It may or may not have been written.
    Store(StoreError),
}

impl<S: KeyValue, P: Platform> Creator<'_, S, P> {
    /// Stores `link` if its code is free, and returns it.
    ///
    /// 5 store calls when nobody else wants the code. When an earlier claimant has died before
    /// writing, it takes two leases.
    pub async fn create(&self, link: Link) -> Result<Link, CreateError> {
        let Drawn {
            ticket: claim,
            mut asked,
        } = self.claim(&link.code).await?;
        if claim == Ticket::Later {
            self.outwait_first(&link.code).await?;
            mark_contested(self.store, &link.code).await?;
            asked = self.platform.uptime();
        }
        self.write(link, claim, asked).await
    }

    /// Stores the link that `with_code` makes of a generated code, drawing again while the code is
    /// taken or claimed.
    pub async fn create_generated(
        &self,
        length: usize,
        with_code: impl Fn(Code) -> Link,
    ) -> Result<Link, CreateError> {
        for _ in 0..MAX_DRAWS {
            let code = Code::generate(length, |n| self.platform.random(n));
            let Drawn {
                ticket: claim,
                asked,
            } = self.claim(&code).await?;
            if claim == Ticket::Later {
                continue;
            }
            match self.write(with_code(code), claim, asked).await {
                Err(CreateError::Taken(_)) => {}
                decided => return decided,
            }
        }
        Err(CreateError::NoFreeCode)
    }

    async fn claim(&self, code: &Code) -> Result<Drawn, CreateError> {
        let key = claim_key(code);
        match Ticket::draw(self.store, self.platform, self.claims, &key).await {
            Ok(drawn) => Ok(drawn),
            Err(error) => {
                // Where the increment failed because others were quicker, one of them has the code.
                self.ensure_free(code).await?;
                Err(CreateError::Unclaimed(error))
            }
        }
    }

    /// Gives the first claimant a lease to write.
    async fn outwait_first(&self, code: &Code) -> Result<(), CreateError> {
        let since = self.platform.uptime();
        while self.platform.since(since) < LEASE {
            self.ensure_free(code).await?;
            self.platform.sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Writes `link` if its code is free and it is not more than half a lease since `asked`.
    async fn write(&self, link: Link, claim: Ticket, asked: Duration) -> Result<Link, CreateError> {
        self.ensure_free(&link.code).await?;
        if self.platform.since(asked) > WRITE_WITHIN {
            return Err(CreateError::TooLate);
        }
        let id = nanoid::format(
            |n| self.platform.random(n),
            &nanoid::alphabet::SAFE,
            ID_LENGTH,
        );
        let stored = Stored {
            link,
            id: Some(id),
            claimed: claim != Ticket::Unknown,
        };
        let key = stored.link.code.as_str();
        self.store.set(key, &stored.encode()).await?;
        let overwritten = self.may_be_overwritten(&stored.link.code, claim).await?;
        if overwritten {
            self.platform.sleep(LEASE).await;
        }
        let Some(found) = self.store.get(key).await? else {
            // Where nobody else can have written, only a delete can have removed it: the link was
            // created, and its end is that delete's affair.
            return match claim {
                Ticket::First if !overwritten => Ok(stored.link),
                _ => Err(CreateError::Vanished),
            };
        };
        match Stored::decode(&stored.link.code, &found) {
            Ok(found) if found.id == stored.id => Ok(stored.link),
            Ok(winner) => Err(CreateError::Taken(Some(Box::new(winner.link)))),
            Err(_) => Err(CreateError::Taken(None)),
        }
    }

    /// Whether others that have found the code free may write after this claimant. To be asked
    /// after the write.
    async fn may_be_overwritten(&self, code: &Code, claim: Ticket) -> Result<bool, StoreError> {
        match claim {
            Ticket::First => is_contested(self.store, code).await,
            Ticket::Later => Ok(true),
            // Best effort: it may be, but waiting would not make it exclusive.
            Ticket::Unknown => Ok(false),
        }
    }

    async fn ensure_free(&self, code: &Code) -> Result<(), CreateError> {
        match self.store.get(code.as_str()).await? {
            None => Ok(()),
            Some(bytes) => {
                let existing = Stored::decode(code, &bytes).ok();
                let link = existing.map(|stored| Box::new(stored.link));
                Err(CreateError::Taken(link))
            }
        }
    }
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
