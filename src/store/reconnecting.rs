//! A store that keeps its handle for the life of the instance, and reconnects when it breaks.
//!
//! Opening a Redis store costs a round trip, so it is opened only once. After Redis restarts, the
//! first call on a kept handle always fails. So a read or an increment that fails on a kept handle
//! is retried once on a fresh one before it counts as a fault.
//!
//! A write is never retried. [`crate::exclusive`] is safe only if a write takes effect soon after
//! the read that allowed it, and reconnecting can take seconds. Nothing is lost: that read has
//! already replaced a broken handle.

use super::{IncrementError, KeyValue, StoreError};
use futures::lock::Mutex;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// How [`Reconnecting`] opens its store.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait Connect {
    /// An open store.
    type Handle: KeyValue;

    /// Opens the store. This can take until the network times out.
    async fn connect(&self) -> Result<Self::Handle, StoreError>;
}

/// A [`KeyValue`] over a handle that the first call opens and all requests of the instance share.
pub struct Reconnecting<C: Connect> {
    connector: C,
    handle: RefCell<Option<Rc<C::Handle>>>,
    /// A call on the handle has failed. The next call except a write opens a new one.
    stale: Cell<bool>,
    opening: Mutex<()>,
    /// The host has no increment. An instance finds this out once.
    no_increment: Cell<bool>,
    /// How many attempts to open the store have ended.
    openings: Cell<u64>,
    /// The error of the last attempt, if it failed.
    failure: RefCell<Option<StoreError>>,
}

impl<C: Connect> Reconnecting<C> {
    pub fn new(connector: C) -> Self {
        Self {
            connector,
            handle: RefCell::default(),
            stale: Cell::default(),
            opening: Mutex::default(),
            no_increment: Cell::default(),
            openings: Cell::default(),
            failure: RefCell::default(),
        }
    }

    /// The handle, if no call on it has failed.
    fn good(&self) -> Option<Rc<C::Handle>> {
        let handle = self.handle.borrow();
        handle.as_ref().filter(|_| !self.stale.get()).cloned()
    }

    /// Returns a good handle, and opens one if necessary. Requests that arrive during an attempt
    /// wait for it and share its failure, because in an outage each attempt may take 10 s.
    async fn handle(&self) -> Result<Rc<C::Handle>, StoreError> {
        if let Some(handle) = self.good() {
            return Ok(handle);
        }
        let arrived = self.openings.get();
        let _opening = self.opening.lock().await;
        if let Some(handle) = self.good() {
            return Ok(handle);
        }
        if self.openings.get() != arrived
            && let Some(failure) = self.failure.borrow().clone()
        {
            return Err(failure);
        }
        let opened = self.connector.connect().await.map(Rc::new);
        self.openings.set(self.openings.get().wrapping_add(1));
        self.failure.replace(opened.as_ref().err().cloned());
        let handle = opened?;
        self.handle.replace(Some(Rc::clone(&handle)));
        self.stale.set(false);
        Ok(handle)
    }

    /// Marks `broken` as stale after a failed call, unless another request has already replaced it.
    /// Writes keep using it: they cannot wait for a new handle, and one failed call does not mean
    /// that all will fail.
    fn distrust(&self, broken: &Rc<C::Handle>) {
        let handle = self.handle.borrow();
        if handle.as_ref().is_some_and(|h| Rc::ptr_eq(h, broken)) {
            self.stale.set(true);
        }
    }

    /// Runs `call`, and retries it once on a fresh handle if it failed on a kept one.
    async fn call<T>(
        &self,
        mut call: impl AsyncFnMut(&C::Handle) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut may_be_old = self.good().is_some();
        loop {
            let handle = self.handle().await?;
            let outcome = call(&handle).await;
            if outcome.is_ok() {
                return outcome;
            }
            self.distrust(&handle);
            if !may_be_old {
                return outcome;
            }
            may_be_old = false;
        }
    }

    /// Runs the write `call` once on the current handle, or fails at once if there is none.
    async fn write(
        &self,
        call: impl AsyncFnOnce(&C::Handle) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(handle) = self.handle.borrow().clone() else {
            return Err(StoreError("the store is not open".to_owned()));
        };
        call(&handle).await.inspect_err(|_| self.distrust(&handle))
    }
}

impl<C: Connect> KeyValue for Reconnecting<C> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.call(async |store| store.get(key).await).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(async |store| store.set(key, value).await).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.write(async |store| store.delete(key).await).await
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.call(async |store| store.keys().await).await
    }

    /// A retry may skip a number. Users of a counter must allow for that anyway.
    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        if self.no_increment.get() {
            return Err(IncrementError::Unsupported);
        }
        let attempt = async |store: &C::Handle| match store.increment(key, by).await {
            Err(IncrementError::Failed(error)) => Err(error),
            answer => Ok(answer),
        };
        let answer = self.call(attempt).await.map_err(IncrementError::Failed)?;
        self.no_increment.set(answer.is_err());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, future::join};
    use std::{future::poll_fn, task::Poll};

    /// A store whose handles break: each answers `good_calls` calls and then fails forever.
    struct Breaking {
        opened: Cell<usize>,
        good_calls: usize,
        down: Cell<bool>,
    }

    /// The good calls left, and how many increments were requested.
    struct Handle(Cell<usize>, Cell<usize>);

    /// Lets the other futures of a `join` run.
    async fn yield_once() {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    impl Connect for Breaking {
        type Handle = Handle;

        async fn connect(&self) -> Result<Handle, StoreError> {
            self.opened.set(self.opened.get() + 1);
            yield_once().await;
            if self.down.get() {
                return Err(StoreError("refused".to_owned()));
            }
            Ok(Handle(Cell::new(self.good_calls), Cell::default()))
        }
    }

    impl Handle {
        fn call(&self) -> Result<(), StoreError> {
            let left = self.0.get().checked_sub(1);
            self.0
                .set(left.ok_or(StoreError("connection closed".to_owned()))?);
            Ok(())
        }
    }

    impl KeyValue for Handle {
        async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
            self.call().map(|()| None)
        }

        async fn set(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
            self.call()
        }

        async fn delete(&self, _: &str) -> Result<(), StoreError> {
            self.call()
        }

        async fn keys(&self) -> Result<Vec<String>, StoreError> {
            unreachable!()
        }

        async fn increment(&self, _: &str, _: i64) -> Result<i64, IncrementError> {
            self.1.set(self.1.get() + 1);
            Err(IncrementError::Unsupported)
        }
    }

    fn reconnecting(good_calls: usize) -> Reconnecting<Breaking> {
        Reconnecting::new(Breaking {
            opened: Cell::new(0),
            good_calls,
            down: Cell::new(false),
        })
    }

    #[test]
    fn simultaneous_first_calls_share_one_opening() {
        let store = reconnecting(9);
        let (a, b) = block_on(join(store.get("a"), store.get("b")));
        assert_eq!((a, b), (Ok(None), Ok(None)));
        assert_eq!(store.connector.opened.get(), 1);
    }

    #[test]
    fn a_kept_handle_that_broke_is_replaced_without_the_caller_noticing() {
        let store = reconnecting(1);
        for _ in 0..3 {
            assert_eq!(block_on(store.get("a")), Ok(None));
        }
        assert_eq!(store.connector.opened.get(), 3);
    }

    #[test]
    fn those_who_wait_for_an_opening_share_its_failure_and_the_next_tries_again() {
        let store = reconnecting(9);
        store.connector.down.set(true);
        let (a, b) = block_on(join(store.get("a"), store.get("b")));
        assert!(a.is_err() && b.is_err());
        assert_eq!(store.connector.opened.get(), 1);
        store.connector.down.set(false);
        assert_eq!(block_on(store.get("a")), Ok(None));
        assert_eq!(store.connector.opened.get(), 2);
    }

    #[test]
    fn a_neighbours_failed_read_does_not_stop_a_write() {
        let store = reconnecting(1);
        assert_eq!(block_on(store.get("a")), Ok(None));
        let handle = store.good().unwrap();
        store.distrust(&handle);
        handle.0.set(1);
        assert_eq!(block_on(store.set("a", b"1")), Ok(()));
        assert_eq!(store.connector.opened.get(), 1);
    }

    #[test]
    fn a_write_that_fails_is_not_made_a_second_time() {
        let store = reconnecting(1);
        assert_eq!(block_on(store.get("a")), Ok(None));
        assert!(block_on(store.set("a", b"1")).is_err());
        assert_eq!(store.connector.opened.get(), 1);
        assert_eq!(block_on(store.get("a")), Ok(None));
        assert!(block_on(store.delete("a")).is_err());
        assert_eq!(store.connector.opened.get(), 2);
    }

    #[test]
    fn a_write_does_not_wait_for_a_store_to_open() {
        let store = reconnecting(9);
        assert!(block_on(store.set("a", b"1")).is_err());
        assert!(block_on(store.delete("a")).is_err());
        assert_eq!(store.connector.opened.get(), 0);
    }

    #[test]
    fn a_fresh_handle_that_fails_is_a_fault_and_is_not_kept() {
        let store = reconnecting(0);
        assert!(block_on(store.get("a")).is_err());
        assert_eq!(store.connector.opened.get(), 1);
        assert!(block_on(store.get("a")).is_err());
        assert_eq!(store.connector.opened.get(), 2);
    }

    #[test]
    fn a_host_without_atomics_is_not_asked_twice() {
        let store = reconnecting(9);
        block_on(store.get("a")).unwrap();
        for _ in 0..2 {
            let answer = block_on(store.increment("a", 1));
            assert_eq!(answer, Err(IncrementError::Unsupported));
        }
        let handle = store.good().unwrap();
        assert_eq!((store.connector.opened.get(), handle.1.get()), (1, 1));
    }
}
