//! The order of the store calls of an instance.
//!
//! A list of keys and an increment block the instance they are made in: while they run, nothing else of
//! it does. A write that is under way would take effect late, and a create or an edit is safe only if
//! its writes do not (see [`url_shortener::exclusive`]). A read that is under way would keep a visitor
//! waiting. So both let the calls under way end first, and lists take turns.

use futures::lock::Mutex;
use spin_sdk::{wasip3::clocks::monotonic_clock, wit_bindgen::yield_async};
use std::{cell::Cell, time::Duration};
use url_shortener::store::{IncrementError, KeyValue, StoreError};

/// How often to look whether calls have ended.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How long a list waits for reads. There may always be one, and a list has to begin at last.
const READS_WITHIN: Duration = Duration::from_millis(50);

/// How long a list waits for writes before it fails.
const WRITES_WITHIN: Duration = Duration::from_secs(5);

/// The same for an increment. It is much shorter than a creator may take up to its write: a claim
/// that comes too late costs the next creator a take-over.
const WRITES_WITHIN_OF_INCREMENT: Duration = Duration::from_millis(250);

/// A store whose blocking calls harm no other call of the instance.
pub struct Scheduled<S> {
    store: S,
    reads: Cell<usize>,
    writes: Cell<usize>,
    /// Held by the list that is being taken.
    listing: Mutex<()>,
}

/// One call, under way until this is dropped.
struct Call<'a>(&'a Cell<usize>);

impl<'a> Call<'a> {
    fn begin(calls: &'a Cell<usize>) -> Self {
        calls.set(calls.get().saturating_add(1));
        Self(calls)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<S> Scheduled<S> {
    pub fn new(store: S) -> Self {
        Self {
            store,
            reads: Cell::default(),
            writes: Cell::default(),
            listing: Mutex::default(),
        }
    }

    /// Waits until no write is under way.
    async fn writes_end(&self, within: Duration) -> Result<(), StoreError> {
        match ended(&self.writes, within).await {
            true => Ok(()),
            false => Err(StoreError("writes of the instance do not end".to_owned())),
        }
    }
}

/// Waits until there are no such `calls`, and says whether that was `within` this time.
async fn ended(calls: &Cell<usize>, within: Duration) -> bool {
    let started = monotonic_clock::now();
    while calls.get() > 0 {
        let waited = monotonic_clock::now().saturating_sub(started);
        if Duration::from_nanos(waited) >= within {
            return false;
        }
        monotonic_clock::wait_for(LOOK_EVERY.as_nanos().try_into().unwrap_or(u64::MAX)).await;
    }
    true
}

impl<S: KeyValue> KeyValue for Scheduled<S> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _call = Call::begin(&self.reads);
        self.store.get(key).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let _call = Call::begin(&self.writes);
        self.store.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let _call = Call::begin(&self.writes);
        self.store.delete(key).await
    }

    /// Requests that arrived during a list go before the next one, so a visitor waits for one list at
    /// most.
    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        let _turn = self.listing.lock().await;
        ended(&self.reads, READS_WITHIN).await;
        self.writes_end(WRITES_WITHIN).await?;
        let keys = self.store.keys().await;
        yield_async().await;
        keys
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        self.writes_end(WRITES_WITHIN_OF_INCREMENT)
            .await
            .map_err(IncrementError::Failed)?;
        self.store.increment(key, by).await
    }
}
