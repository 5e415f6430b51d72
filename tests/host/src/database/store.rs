//! One labelled store: the calls that Spin's interfaces are made of, each in its turn on the one connection.

use std::sync::{Arc, atomic::Ordering};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::{
    sync::{mpsc, oneshot},
    task,
};

use super::Database;
use crate::error::StoreError;

/// Keys that Spin has read ahead of the guest in a `get-keys` stream.
const KEYS_AHEAD: usize = 4;

/// Bytes that Spin hands to a guest in one answer; a larger one is an error.
const MAX_BUFFERED: usize = 128 << 20;

/// What Spin reckons for each key of a listing beside its characters, and for a listing or a value as a whole.
const OVERHEAD: usize = 24;

const SELECT: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const UPSERT: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = ?3";

/// The keys of a store, still coming: first the keys, then how it ended.
pub(crate) type KeyStream = (
    mpsc::Receiver<String>,
    oneshot::Receiver<Result<(), StoreError>>,
);

/// One labelled store in a [`Database`]. Tests use it to look behind the component's back.
#[derive(Clone)]
pub struct Store {
    database: Database,
    label: Arc<str>,
}

impl Store {
    pub(super) fn new(database: Database, label: &str) -> Self {
        Self {
            database,
            label: label.into(),
        }
    }

    /// The value of `key`, if there is one.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.database.with(|db| select(db, &self.label, key))?;
        let size = OVERHEAD + value.as_ref().map_or(0, Vec::len);
        if size > MAX_BUFFERED {
            return Err(too_large(MAX_BUFFERED));
        }
        Ok(value)
    }

    /// Writes `value`, over any older one.
    pub async fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), StoreError> {
        self.database
            .with(|db| upsert(db, &self.label, key, value.as_ref()))
    }

    /// Removes `key`, or does nothing.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let work = |db: &mut Connection| {
            db.prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute([&*self.label, key])?;
            Ok(())
        };
        self.database.with(work)
    }

    /// All keys, in the order the database has them, unless they are more than Spin hands out at once.
    pub async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.keys_within(MAX_BUFFERED)
    }

    fn keys_within(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        self.database.with(|db| {
            let mut select =
                db.prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?;
            let mut rows = select.query([&*self.label])?;
            let (mut keys, mut size) = (Vec::new(), OVERHEAD);
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                size += OVERHEAD + key.len();
                if size > limit {
                    return Err(too_large(limit));
                }
                keys.push(key);
            }
            Ok(keys)
        })
    }

    /// Adds to the counter under `key`, 8 bytes little-endian; an absent one is 0.
    pub async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        let work = |db: &mut Connection| {
            let transaction = db.transaction()?;
            let old = match select(&transaction, &self.label, key)? {
                Some(value) => <[u8; 8]>::try_from(value).map(i64::from_le_bytes).ok(),
                None => Some(0),
            };
            let Some(new) = old.map(|old: i64| old.wrapping_add(delta)) else {
                self.database.broken.store(true, Ordering::SeqCst);
                return Err(StoreError::Crash(format!("{key} is not a counter")));
            };
            upsert(&transaction, &self.label, key, &new.to_le_bytes())?;
            transaction.commit()?;
            Ok(new)
        };
        self.database.with(work)
    }

    /// Starts to send all keys while holding the database; `cut` ends the stream early, in an error.
    pub(crate) fn stream_keys(&self, cut: Option<(usize, StoreError)>) -> KeyStream {
        let (keys, keys_reader) = mpsc::channel(KEYS_AHEAD);
        let (end, end_reader) = oneshot::channel();
        let store = self.clone();
        task::spawn_blocking(move || {
            // Nobody is left to tell if the reader of the end has gone.
            let _ = end.send(store.send_keys(&keys, cut));
        });
        (keys_reader, end_reader)
    }

    fn send_keys(
        &self,
        keys: &mpsc::Sender<String>,
        cut: Option<(usize, StoreError)>,
    ) -> Result<(), StoreError> {
        let connection = self.database.lock();
        self.database.check()?;
        let mut select =
            connection.prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?;
        let mut rows = select.query([&*self.label])?;
        let mut sent = 0;
        loop {
            if let Some((_, error)) = cut.as_ref().filter(|(limit, _)| sent == *limit) {
                return Err(error.clone());
            }
            let Some(row) = rows.next()? else {
                return Ok(());
            };
            keys.blocking_send(row.get(0)?)
                .map_err(|_| StoreError::from("the reader of the keys has gone"))?;
            sent += 1;
        }
    }
}

fn too_large(limit: usize) -> StoreError {
    StoreError::Other(format!("query result exceeds limit of {limit} bytes"))
}

fn select(db: &Connection, label: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached(SELECT)?;
    Ok(select
        .query_row([label, key], |row| row.get(0))
        .optional()?)
}

fn upsert(db: &Connection, label: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached(UPSERT)?
        .execute(params![label, key, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store_of(keys: usize) -> Result<Store, StoreError> {
        let store = Database::in_memory()?.store("default");
        for key in 0..keys {
            store.set(&key.to_string(), "").await?;
        }
        Ok(store)
    }

    #[tokio::test]
    async fn an_unread_key_stream_locks_the_database() -> Result<(), StoreError> {
        let store = store_of(2 * KEYS_AHEAD).await?;
        let (mut keys, end) = store.stream_keys(None);
        keys.recv().await;
        assert!(store.database.connection.try_lock().is_err());
        while keys.recv().await.is_some() {}
        assert_eq!(end.await, Ok(Ok(())));
        assert_eq!(store.get("0").await?, Some(Vec::new()));
        Ok(())
    }

    #[tokio::test]
    async fn a_listing_holds_no_lock_when_it_has_answered() -> Result<(), StoreError> {
        let store = store_of(2 * KEYS_AHEAD).await?;
        let keys = store.keys().await?;
        assert!(store.database.connection.try_lock().is_ok());
        assert_eq!(keys.len(), 2 * KEYS_AHEAD);
        Ok(())
    }

    #[tokio::test]
    async fn a_listing_that_is_larger_than_its_limit_is_refused_whole() -> Result<(), StoreError> {
        let store = store_of(3).await?;
        let size = OVERHEAD + 3 * (OVERHEAD + "0".len());
        assert_eq!(store.keys_within(size)?.len(), 3);
        let refused = store.keys_within(size - 1);
        assert_eq!(refused, Err(too_large(size - 1)));
        Ok(())
    }
}
