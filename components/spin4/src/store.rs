//! The key-value store, by three interfaces, because each offers something that no other does:
//! Spin's own for what is done often, without blocking the instance; the one before it for a list of
//! keys that comes as a whole; and the draft of `wasi:keyvalue` for the increment.

use crate::{in_flight::InFlight, listing};
use futures::lock::Mutex;
use spin_sdk::{
    experimental::wasi::keyvalue::{atomics, store as buckets},
    key_value::{Error, Store},
    wit_bindgen::yield_async,
};
use std::{cell::OnceCell, rc::Rc};
use url_shortener::store::{Connect, IncrementError, KeyValue, LABEL, StoreError};

/// Opens stores, and knows what the instance is doing with them.
#[derive(Default)]
pub struct SpinStore {
    in_flight: InFlight,
    /// Held by the list that is being taken.
    listing: Rc<Mutex<()>>,
}

/// An open store.
pub struct Handle {
    store: Store,
    /// Opened when first needed, as the next.
    listed: OnceCell<listing::Store>,
    bucket: OnceCell<buckets::Bucket>,
    in_flight: InFlight,
    listing: Rc<Mutex<()>>,
}

impl Connect for SpinStore {
    type Handle = Handle;

    async fn connect(&self) -> Result<Handle, StoreError> {
        let opened = self.in_flight.read(Store::open(LABEL)).await;
        Ok(Handle {
            store: opened.map_err(failed)?,
            listed: OnceCell::new(),
            bucket: OnceCell::new(),
            in_flight: self.in_flight.clone(),
            listing: Rc::clone(&self.listing),
        })
    }
}

impl Handle {
    fn listed(&self) -> Result<&listing::Store, listing::Error> {
        if let Some(opened) = self.listed.get() {
            return Ok(opened);
        }
        let opened = listing::Store::open(LABEL)?;
        Ok(self.listed.get_or_init(|| opened))
    }

    fn bucket(&self) -> Result<&buckets::Bucket, buckets::Error> {
        if let Some(opened) = self.bucket.get() {
            return Ok(opened);
        }
        let opened = buckets::open(LABEL)?;
        Ok(self.bucket.get_or_init(|| opened))
    }
}

impl KeyValue for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.in_flight.read(self.store.get(key)).await;
        value.map_err(failed)
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let set = self.in_flight.write(self.store.set(key, value)).await;
        set.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let deleted = self.in_flight.write(self.store.delete(key)).await;
        deleted.map_err(failed)
    }

    /// Blocks the instance. So lists take turns, and requests that arrived meanwhile go before the
    /// next one: nobody waits for more than one list.
    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        let _turn = self.listing.lock().await;
        self.in_flight.reads_end().await;
        self.in_flight.writes_end().await?;
        let keys = self.listed().and_then(|listed| listed.get_keys());
        yield_async().await;
        keys.map_err(unlisted)
    }

    /// Blocks the instance.
    async fn increment(&self, key: &str) -> Result<i64, IncrementError> {
        let ended = self.in_flight.writes_end().await;
        ended.map_err(IncrementError::Failed)?;
        self.bucket()
            .and_then(|bucket| atomics::increment(bucket, key, 1))
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
