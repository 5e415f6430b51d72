//! The key-value store, through three interfaces, because each offers something that the others
//! lack: Spin's current interface makes the frequent calls without blocking the instance, its
//! predecessor lists the keys in one piece, and the `wasi:keyvalue` draft has the increment.

use crate::listing;
use spin_sdk::{
    experimental::wasi::keyvalue::{atomics, store as buckets},
    key_value::{Error, Store},
};
use std::cell::OnceCell;
use url_shortener::store::{Connect, IncrementError, KeyValue, LABEL, StoreError, open_once};

/// Opens the store.
pub struct SpinStore;

/// An open store.
pub struct Handle {
    store: Store,
    /// Opened on first use, like `bucket`.
    listed: OnceCell<listing::Store>,
    bucket: OnceCell<buckets::Bucket>,
}

impl Connect for SpinStore {
    type Handle = Handle;

    async fn connect(&self) -> Result<Handle, StoreError> {
        Ok(Handle {
            store: Store::open(LABEL).await.map_err(failed)?,
            listed: OnceCell::new(),
            bucket: OnceCell::new(),
        })
    }
}

impl Handle {
    fn listed(&self) -> Result<&listing::Store, listing::Error> {
        open_once(&self.listed, || listing::Store::open(LABEL))
    }

    fn bucket(&self) -> Result<&buckets::Bucket, buckets::Error> {
        open_once(&self.bucket, || buckets::open(LABEL))
    }
}

impl KeyValue for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key).await.map_err(failed)
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store.set(key, value).await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).await.map_err(failed)
    }

    /// Blocks the instance.
    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.listed()
            .and_then(|listed| listed.get_keys())
            .map_err(unlisted)
    }

    /// Blocks the instance.
    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        self.bucket()
            .and_then(|bucket| atomics::increment(bucket, key, by))
            .map_err(|error| not_incremented(error, key))
    }
}

fn failed(error: Error) -> StoreError {
    StoreError(error.to_string())
}

fn unlisted(error: listing::Error) -> StoreError {
    StoreError(match error {
        listing::Error::StoreTableFull => "too many open stores".to_owned(),
        listing::Error::NoSuchStore => "no such store".to_owned(),
        listing::Error::AccessDenied => "access denied".to_owned(),
        listing::Error::Other(text) => text,
    })
}

fn not_incremented(error: buckets::Error, key: &str) -> IncrementError {
    match error {
        buckets::Error::Other(text) => IncrementError::from_text(text, key),
        buckets::Error::NoSuchStore | buckets::Error::AccessDenied => IncrementError::Unsupported,
    }
}
