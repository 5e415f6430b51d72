//! What the guest's store handles stand for.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicU64};

use crate::database::Store;

/// An open store: `store` in Spin's interfaces, `bucket` in WASI's.
#[derive(Clone)]
pub struct OpenStore {
    pub(crate) store: Store,
    /// The epoch it was opened in: see [`Faults`](crate::Faults).
    pub(crate) opened: Arc<AtomicU64>,
}

impl OpenStore {
    pub(crate) fn new(store: Store, opened: AtomicU64) -> Self {
        Self {
            store,
            opened: Arc::new(opened),
        }
    }
}

/// A compare-and-swap under way: the value last seen under a key.
#[derive(Clone)]
pub struct CompareAndSwap {
    pub(crate) store: OpenStore,
    pub(crate) key: String,
    seen: Arc<Mutex<Option<Vec<u8>>>>,
}

impl CompareAndSwap {
    pub(crate) fn new(store: OpenStore, key: String) -> Self {
        Self {
            store,
            key,
            seen: Arc::default(),
        }
    }

    pub(crate) fn see(&self, value: Option<Vec<u8>>) {
        *self.lock() = value;
    }

    pub(crate) fn seen(&self) -> Option<Vec<u8>> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
