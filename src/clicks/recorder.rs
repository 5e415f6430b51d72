//! When pending clicks are written.
//!
//! - After the answer, and not while another request is under way in the instance: an increment blocks
//!   the whole instance, as everything in `wasi:keyvalue` does.
//! - At once, unless other requests come at the same time, or something was written lately. Then the
//!   instance rests first, so that what comes meanwhile goes out together: a burst costs a few writes.
//! - Without resting or giving way when the instance has been idle for so long that the host may drop it.
//!   An instance is dropped only while it suspends.
//! - Before the answer to the last request that an instance gets, because the host drops the instance as
//!   soon as that answer has been read.
//!
//! What a write could not add stays pending. Whether a failed increment has counted is not known;
//! `docs/consistency.md` says what that means.

use super::{
    Counting, DAYS_KEPT, NOT_OFFERED, OFFERED,
    counters::{CounterKey, Counters},
    pending::Pending,
};
use crate::{
    domain::Code,
    platform::Platform,
    store::{IncrementError, KeyValue, StoreError},
};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

/// How long an instance rests between two rounds of writes.
const REST: Duration = Duration::from_millis(200);

/// How long after its last request an instance may still suspend. The hosts keep an idle one for a
/// second.
const SAFE_IDLE: Duration = Duration::from_millis(600);

/// How many increments may fail in a row before a round ends.
const MAX_FAILURES: u32 = 3;

/// How long an increment may take to fail for another to be tried at once. It blocks the instance, and a
/// store that is down may take seconds for each.
const SLOW: Duration = Duration::from_secs(1);

/// The pauses before each further round when there is no later chance. Each is lengthened at random. DynamoDB refuses an increment
/// exactly when others increment the same counter.
const LAST_PAUSES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
];

/// The clicks of an instance, on their way to the store.
#[derive(Debug)]
pub struct Recorder {
    pending: RefCell<Pending>,
    /// The keys of counters that have become too old.
    outdated: RefCell<Vec<String>>,
    /// How many requests the host gives the instance.
    requests: usize,
    /// Those that it has received so far.
    received: Cell<usize>,
    /// Those that have no answer yet.
    under_way: Cell<usize>,
    /// When the last request that left clicks pending was answered, on the platform's
    /// [`uptime`](Platform::uptime) clock.
    answered_at: Cell<Duration>,
    /// Whether somebody writes, or rests before the next round.
    is_busy: Cell<bool>,
    /// Whether the host has an increment. `None` if it was never asked, or has not said.
    has_increment: Cell<Option<bool>>,
}

/// What is to be done about pending clicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// [`Recorder::write`], when the host has the answer.
    Write,
    /// [`Recorder::finish`], before the host has the answer: it may drop the instance then.
    Finish,
}

/// A request, until this is dropped.
#[derive(Debug)]
pub struct UnderWay<'a>(&'a Cell<usize>);

impl Recorder {
    /// For an instance that gets so many `requests`.
    pub fn new(requests: usize) -> Self {
        Self {
            pending: RefCell::default(),
            outdated: RefCell::default(),
            requests,
            received: Cell::default(),
            under_way: Cell::default(),
            answered_at: Cell::default(),
            is_busy: Cell::default(),
            has_increment: Cell::default(),
        }
    }

    /// To be called when a request arrives, and kept until it has its answer.
    pub fn begin_request(&self) -> UnderWay<'_> {
        self.received.set(self.received.get().saturating_add(1));
        self.under_way.set(self.under_way.get().saturating_add(1));
        UnderWay(&self.under_way)
    }

    /// Notes a click on the link that has this code and id.
    pub fn add(&self, counting: Counting, code: &Code, id: Option<&str>) {
        if self.has_increment.get() == Some(false) {
            return;
        }
        let mut pending = self.pending.borrow_mut();
        match counting {
            Counting::Off => {}
            Counting::Total => pending.add(&Counters::of(code, id)),
            Counting::Daily => pending.add_undated(&Counters::of(code, id)),
        }
    }

    /// Whether clicks can be counted: whether the host has an increment. In doubt it has: what needs the
    /// store will fail by itself.
    pub async fn can_count(&self, store: &impl KeyValue) -> bool {
        if let Some(known) = self.has_increment.get() {
            return known;
        }
        let is_known_to_work = match store.get(OFFERED).await {
            Ok(Some(_)) => true,
            Ok(None) => match store.increment(OFFERED, 1).await {
                Ok(_) => true,
                Err(IncrementError::Failed(_)) => false,
                Err(IncrementError::Unsupported) => {
                    self.give_up();
                    return false;
                }
            },
            Err(_) => false,
        };
        if is_known_to_work {
            self.has_increment.set(Some(true));
        }
        true
    }

    /// Notes that a request is about to be answered, and says what is to be done about pending clicks.
    pub fn due(&self, platform: &impl Platform) -> Due {
        if self.pending.borrow().is_empty() {
            return Due::Nothing;
        }
        self.answered_at.set(platform.uptime());
        if !self.may_write() {
            Due::Nothing
        } else if self.had_last_request() {
            Due::Finish
        } else if self.is_busy.get() {
            Due::Nothing
        } else {
            Due::Write
        }
    }

    /// Writes what is pending, and what comes meanwhile.
    pub async fn write(&self, store: &impl KeyValue, platform: &impl Platform) {
        self.is_busy.set(true);
        let received = self.received.get();
        platform.give_way().await;
        let is_burst = self.received.get() != received;
        if is_burst {
            platform.sleep(REST).await;
        }
        while self.may_write() {
            let is_written = self.write_round(store, platform).await;
            if !self.may_be_dropped(platform) {
                platform.sleep(REST).await;
            } else if !is_written {
                break;
            }
        }
        self.is_busy.set(false);
        while !self.had_last_request() && self.remove_outdated(store).await {
            platform.give_way().await;
        }
    }

    /// Writes what is pending, the last chance for it.
    pub async fn finish(&self, store: &impl KeyValue, platform: &impl Platform) {
        let began = platform.uptime();
        let mut pauses = LAST_PAUSES.into_iter();
        while !self.write_round(store, platform).await {
            match pauses.next() {
                Some(pause) if platform.since(began) < SLOW => {
                    platform.sleep_apart(pause).await;
                }
                _ => {
                    let clicks = self.pending.borrow().clicks();
                    return tracing::error!(clicks, "clicks lost");
                }
            }
        }
    }

    /// Removes a counter that has become too old. Returns `false` if there is none.
    pub async fn remove_outdated(&self, store: &impl KeyValue) -> bool {
        let Some(key) = self.outdated.borrow_mut().pop() else {
            return false;
        };
        if let Err(StoreError(error)) = store.delete(&key).await {
            tracing::warn!(key, error, "outdated counter not removed");
        }
        true
    }

    fn may_write(&self) -> bool {
        self.under_way.get() == 0 && !self.pending.borrow().is_empty()
    }

    fn had_last_request(&self) -> bool {
        self.received.get() >= self.requests
    }

    /// Whether the host may drop the instance the next time it suspends.
    fn may_be_dropped(&self, platform: &impl Platform) -> bool {
        self.had_last_request() || platform.since(self.answered_at.get()) > SAFE_IDLE
    }

    /// Writes each counter that has clicks pending, unless a request arrives or several fail in a row.
    /// Returns whether none has failed.
    async fn write_round(&self, store: &impl KeyValue, platform: &impl Platform) -> bool {
        if self.pending.borrow().has_undated() {
            let today = platform.now().day();
            self.pending.borrow_mut().date(today);
        }
        let mut is_written = true;
        let mut failures_in_a_row = 0;
        let mut last = String::new();
        while failures_in_a_row < MAX_FAILURES
            && let Some((key, clicks)) = self.take_after(&last)
        {
            let by = i64::try_from(clicks).unwrap_or(i64::MAX);
            let asked = platform.uptime();
            match store.increment(&key, by).await {
                Ok(count) => {
                    self.has_increment.set(Some(true));
                    failures_in_a_row = 0;
                    let outdated = outdated_by(&key, clicks, count);
                    self.outdated.borrow_mut().extend(outdated);
                }
                Err(IncrementError::Unsupported) => {
                    self.give_up();
                    return true;
                }
                Err(IncrementError::Failed(StoreError(error))) => {
                    tracing::warn!(key, error, clicks, "clicks not written yet");
                    self.pending.borrow_mut().add_to(key.clone(), clicks);
                    is_written = false;
                    failures_in_a_row = match platform.since(asked) < SLOW {
                        true => failures_in_a_row.saturating_add(1),
                        false => MAX_FAILURES,
                    };
                }
            }
            if !self.may_go_on(platform).await {
                break;
            }
            last = key;
        }
        match self.pending.borrow_mut().take_dropped() {
            0 => {}
            clicks => tracing::warn!(clicks, "clicks dropped"),
        }
        is_written
    }

    /// Lets waiting requests go first. One that came sees to the rest of the round.
    async fn may_go_on(&self, platform: &impl Platform) -> bool {
        if self.pending.borrow().is_empty() || self.may_be_dropped(platform) {
            return true;
        }
        platform.give_way().await;
        self.may_write()
    }

    fn take_after(&self, key: &str) -> Option<(String, u64)> {
        self.pending.borrow_mut().take_after(key)
    }

    /// The host will never have an increment.
    fn give_up(&self) {
        self.has_increment.set(Some(false));
        self.pending.borrow_mut().clear();
        tracing::error!(
            variable = "clicks",
            rule = NOT_OFFERED,
            "misconfigured: clicks are not counted"
        );
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// The counter that has become too old, if the `clicks` were the first of their day: the counter under
/// `key` has counted nothing else.
fn outdated_by(key: &str, clicks: u64, count: i64) -> Option<String> {
    if u64::try_from(count) != Ok(clicks) {
        return None;
    }
    let CounterKey { link, day, .. } = CounterKey::parse(key)?;
    Some(link.on(day?.minus(DAYS_KEPT)))
}

#[cfg(test)]
mod tests;
