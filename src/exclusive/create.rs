//! Exclusive creation: of any number of simultaneous creates of one code, one succeeds.
//!
//! The creator who increments the code's claim from 0 to 1 is the first claimant, and writes at
//! once. Every other claimant gives it a whole [`DELAY_BOUND`] to write. If no link has appeared by
//! then, the first claimant is presumed dead. The others then *contest* the code, so that it is not
//! lost: each marks it as contested, checks that it is free, writes, waits for a `DELAY_BOUND` and
//! reads back. The creator whose link is still there has won.
//!
//! Two rules make this exclusive:
//! - A creator writes only after it has found the code free, less than a `DELAY_BOUND` before the
//!   write takes effect. So a `DELAY_BOUND` after a write, everybody who did not see that write
//!   has finished writing. This is Fischer's algorithm for mutual exclusion.
//! - The first claimant looks for the mark *after* it has written, and a contestant looks for the
//!   link *after* it has set the mark. So at least one of them sees the other: either the first
//!   claimant waits like a contestant, or the contestant finds the code taken.
//!
//! The mark is never removed. Its only cost is that later creates of that code take longer.
//!
//! Before all this, a creator looks whether the code is free, so that creating a taken code writes
//! nothing, and gives the link its place in the catalog (`numbering`).

use super::{
    claim::{Claims, DELAY_BOUND, Drawn, Ticket, WRITE_WITHIN, is_contested, mark_contested},
    numbering,
};
use crate::{
    domain::{Code, CodeRules, Link},
    platform::Platform,
    store::{KeyValue, Number, RequestMark, StoreError, Stored, claim_key},
};
use std::time::Duration;

/// How often a waiting claimant checks whether the link has appeared.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How many codes to draw before giving up on finding a free one.
const MAX_DRAWS: usize = 5;

/// Characters in a link's id, from an alphabet of 64: enough that no two creates draw the same id.
const ID_LENGTH: usize = 16;

/// Creates links in `store`, each code once.
pub struct Creator<'a, S, P> {
    pub store: &'a S,
    pub platform: &'a P,
    pub claims: Claims,
    /// What to mark the links with, if the request may be repeated.
    pub request: Option<RequestMark>,
}

/// Why a link was not created.
#[derive(Debug, PartialEq, Eq)]
pub enum CreateError {
    /// The code has a link: this one, unless its record is unreadable.
    Taken(Option<Box<Stored>>),
    /// The store was too slow for the write to be safe. Nothing was written.
    TooLate,
    /// The link could not be entered in the catalog. The link was not written.
    Unlisted(StoreError),
    /// The code could not be claimed. The link was not written.
    Unclaimed(StoreError),
    /// Every drawn code was taken.
    NoFreeCode,
    /// The link was written, but was gone when it was read back: somebody has deleted it, or the
    /// link that had overwritten it.
    Vanished,
    /// It may or may not have been written.
    Store(StoreError),
}

impl<S: KeyValue, P: Platform> Creator<'_, S, P> {
    /// Stores `link` if its code is free, and returns it.
    ///
    /// This makes eight store calls if nobody else wants the code. It takes two [`DELAY_BOUND`]s if
    /// an earlier claimant died before it wrote.
    pub async fn create(&self, link: Link) -> Result<Stored, CreateError> {
        let number = self.number_if_free(&link.code).await?;
        self.create_numbered(link, number).await
    }

    /// The last part of [`create`](Self::create), for callers that have looked, and drawn the
    /// numbers of several links in order.
    pub async fn create_numbered(
        &self,
        link: Link,
        number: Option<Number>,
    ) -> Result<Stored, CreateError> {
        let Drawn { ticket, mut asked } = self.enter_and_claim(&link.code, number).await?;
        if ticket == Ticket::Later {
            self.outwait_first(&link.code).await?;
            mark_contested(self.store, &link.code).await?;
            asked = self.platform.uptime();
        }
        self.write(link, number, Drawn { ticket, asked }).await
    }

    /// Stores the link that `with_code` makes from a generated code. Draws another code while the
    /// code is taken or claimed.
    pub async fn create_generated(
        &self,
        rules: CodeRules,
        length: usize,
        with_code: impl Fn(Code) -> Link,
    ) -> Result<Stored, CreateError> {
        for _ in 0..MAX_DRAWS {
            let code = rules.generate(length, |n| self.platform.random(n));
            match self.create_unclaimed(with_code(code)).await {
                Err(CreateError::Taken(_)) => {}
                decided => return decided,
            }
        }
        Err(CreateError::NoFreeCode)
    }

    /// Stores the link that `with_code` makes from the first of `codes` that is free. If a repeat of the
    /// request was quicker, fails with [`CreateError::Taken`] and the link that it created.
    pub async fn create_once(
        &self,
        codes: Vec<Code>,
        with_code: impl Fn(Code) -> Link,
    ) -> Result<Stored, CreateError> {
        for code in codes {
            match self.create(with_code(code)).await {
                Err(CreateError::Taken(None)) => {}
                Err(CreateError::Taken(Some(other))) if !self.has_created(&other) => {}
                decided => return decided,
            }
        }
        Err(CreateError::NoFreeCode)
    }

    /// Whether the same request has created `link`, or one with the same key and another body.
    fn has_created(&self, link: &Stored) -> bool {
        let request = self.request.as_ref();
        request.is_some_and(|request| request.has_key_of(link))
    }

    /// [`create`](Self::create), but a code that somebody has claimed before counts as taken.
    async fn create_unclaimed(&self, link: Link) -> Result<Stored, CreateError> {
        let number = self.number_if_free(&link.code).await?;
        let claim = self.enter_and_claim(&link.code, number).await?;
        match claim.ticket {
            Ticket::Later => Err(CreateError::Taken(None)),
            Ticket::First | Ticket::Unknown => self.write(link, number, claim).await,
        }
    }

    /// Draws a number for a link under `code`, if that is free.
    async fn number_if_free(&self, code: &Code) -> Result<Option<Number>, CreateError> {
        self.ensure_free(code).await?;
        self.draw_numbers(1).await
    }

    /// Draws the numbers of `links` links that are about to be created, and returns the lowest; the
    /// others follow it. `None` if there can be no catalog.
    pub async fn draw_numbers(&self, links: usize) -> Result<Option<Number>, CreateError> {
        numbering::draw_new(self.store, self.platform, self.claims, links)
            .await
            .map_err(CreateError::Unlisted)
    }

    async fn enter_and_claim(
        &self,
        code: &Code,
        number: Option<Number>,
    ) -> Result<Drawn, CreateError> {
        let entered = numbering::enter(self.store, number, code).await;
        entered.map_err(CreateError::Unlisted)?;
        let key = claim_key(code);
        match Ticket::draw(self.store, self.platform, self.claims, &key).await {
            Ok(drawn) => Ok(drawn),
            Err(error) => {
                // If the increment failed because others were quicker, one of them has the code.
                self.ensure_free(code).await?;
                Err(CreateError::Unclaimed(error))
            }
        }
    }

    /// Gives the first claimant a [`DELAY_BOUND`] to write.
    async fn outwait_first(&self, code: &Code) -> Result<(), CreateError> {
        let since = self.platform.uptime();
        while self.platform.since(since) < DELAY_BOUND {
            self.ensure_free(code).await?;
            self.platform.sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Writes `link` if its code is free and `claim` was asked for at most [`WRITE_WITHIN`] ago.
    async fn write(
        &self,
        link: Link,
        number: Option<Number>,
        claim: Drawn,
    ) -> Result<Stored, CreateError> {
        self.ensure_free(&link.code).await?;
        if self.platform.since(claim.asked) > WRITE_WITHIN {
            return Err(CreateError::TooLate);
        }
        let claim = claim.ticket;
        let id = nanoid::format(
            |n| self.platform.random(n),
            &nanoid::alphabet::SAFE,
            ID_LENGTH,
        );
        let stored = Stored {
            link,
            id: Some(id),
            claimed: claim != Ticket::Unknown,
            number,
            revision: 0,
            request: self.request.clone(),
        };
        let key = stored.link.code.as_str();
        self.store.set(key, &stored.encode()).await?;
        let overwritten = self.may_be_overwritten(&stored.link.code, claim).await?;
        if overwritten {
            self.platform.sleep(DELAY_BOUND).await;
        }
        let Some(found) = self.store.get(key).await? else {
            // If nobody else can have written, only a delete can have removed the link, so the
            // create itself succeeded.
            return match claim {
                Ticket::First if !overwritten => Ok(stored),
                _ => Err(CreateError::Vanished),
            };
        };
        match Stored::decode(&stored.link.code, &found) {
            Ok(found) if found.id == stored.id => Ok(stored),
            Ok(winner) => Err(CreateError::Taken(Some(Box::new(winner)))),
            Err(_) => Err(CreateError::Taken(None)),
        }
    }

    /// Whether others that found the code free may still overwrite the link. Correct only after the
    /// write.
    async fn may_be_overwritten(&self, code: &Code, claim: Ticket) -> Result<bool, StoreError> {
        match claim {
            Ticket::First => is_contested(self.store, code).await,
            Ticket::Later => Ok(true),
            // Best effort: others may, but waiting would not make the create exclusive.
            Ticket::Unknown => Ok(false),
        }
    }

    /// Looks whether there is a link under `code`.
    async fn ensure_free(&self, code: &Code) -> Result<(), CreateError> {
        match self.store.get(code.as_str()).await? {
            None => Ok(()),
            Some(bytes) => {
                let existing = Stored::decode(code, &bytes).ok();
                Err(CreateError::Taken(existing.map(Box::new)))
            }
        }
    }
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests;
