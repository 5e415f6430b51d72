//! The key-value store through Spin's own interface, and through the `wasi:keyvalue` draft for the
//! increment, which Spin's interface lacks.

use spin_sdk::{
    key_value::{Error, Store},
    wit::wasi::keyvalue::{atomics, store as buckets},
};
use std::cell::OnceCell;
use url_shortener::store::{Connect, IncrementError, KeyValue, LABEL, StoreError, open_once};

/// Opens the store.
pub struct SpinStore;

/// An open store.
pub struct Handle {
    store: Store,
    bucket: OnceCell<buckets::Bucket>,
}

impl Connect for SpinStore {
    type Handle = Handle;

    #[inline]
    async fn connect(&self) -> Result<Handle, StoreError> {
        let store = Store::open(LABEL).map_err(failed)?;
        let bucket = OnceCell::new();
        Ok(Handle { store, bucket })
    }
}

impl Handle {
    #[inline]
    fn bucket(&self) -> Result<&buckets::Bucket, buckets::Error> {
        open_once(&self.bucket, || buckets::open(LABEL))
    }
}

impl KeyValue for Handle {
    #[inline]
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key).map_err(failed)
    }

    #[inline]
    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store.set(key, value).map_err(failed)
    }

    #[inline]
    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).map_err(failed)
    }

    #[inline]
    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.store.get_keys().map_err(failed)
    }

    #[inline]
    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        self.bucket()
            .and_then(|bucket| atomics::increment(bucket, key, by))
            .map_err(|error| not_incremented(error, key))
    }
}

#[inline]
fn failed(error: Error) -> StoreError {
    StoreError(error.to_string())
}

#[inline]
fn not_incremented(error: buckets::Error, key: &str) -> IncrementError {
    match error {
        buckets::Error::Other(text) => IncrementError::from_text(text, key),
        buckets::Error::NoSuchStore | buckets::Error::AccessDenied => IncrementError::Unsupported,
    }
}
