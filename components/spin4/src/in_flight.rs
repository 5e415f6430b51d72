//! The store calls that an instance has under way, so that a call that blocks it can wait for them.
//!
//! While a blocking host call runs, nothing else of its instance does. A write that had begun would
//! take effect late, and a create or an edit is safe only if its writes do not (see
//! [`url_shortener::exclusive`]). A read that had begun would keep a visitor waiting.

use spin_sdk::wasip3::clocks::monotonic_clock;
use std::{cell::Cell, rc::Rc, time::Duration};
use url_shortener::store::StoreError;

/// How often to look whether calls have ended.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How long to wait for reads. There may always be one, and a list must come to its turn.
const READS_WITHIN: Duration = Duration::from_millis(50);

/// How long to wait for writes before giving up.
const WRITES_WITHIN: Duration = Duration::from_secs(5);

/// How many calls are under way. Clones share it.
#[derive(Clone, Default)]
pub struct InFlight {
    reads: Rc<Cell<usize>>,
    writes: Rc<Cell<usize>>,
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

impl InFlight {
    /// Runs a read that suspends.
    pub async fn read<T>(&self, call: impl Future<Output = T>) -> T {
        let _call = Call::begin(&self.reads);
        call.await
    }

    /// Runs a write that suspends.
    pub async fn write<T>(&self, call: impl Future<Output = T>) -> T {
        let _call = Call::begin(&self.writes);
        call.await
    }

    /// Returns when no write is under way.
    ///
    /// # Errors
    ///
    /// One still is after [`WRITES_WITHIN`].
    pub async fn writes_end(&self) -> Result<(), StoreError> {
        match Self::end(&self.writes, WRITES_WITHIN).await {
            true => Ok(()),
            false => Err(StoreError("writes of the instance do not end".to_owned())),
        }
    }

    /// Returns when no read is under way, or all that are have been for [`READS_WITHIN`].
    pub async fn reads_end(&self) {
        Self::end(&self.reads, READS_WITHIN).await;
    }

    /// Waits until there are no such `calls`, and says whether that was `within` this time.
    async fn end(calls: &Cell<usize>, within: Duration) -> bool {
        let mut waited = Duration::ZERO;
        while calls.get() > 0 {
            if waited >= within {
                return false;
            }
            monotonic_clock::wait_for(LOOK_EVERY.as_nanos().try_into().unwrap_or(u64::MAX)).await;
            waited = waited.saturating_add(LOOK_EVERY);
        }
        true
    }
}
