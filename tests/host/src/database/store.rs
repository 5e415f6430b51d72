//! One labelled store: the calls that Spin's interfaces are made of, each in its turn on the one connection.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use rusqlite::{Connection, OptionalExtension, params, types::Value};
use tokio::{
    sync::{mpsc, oneshot},
    task,
};

use super::Database;
use crate::error::StoreError;

/// Keys that Spin has read ahead of the guest in a `get-keys` stream.
const KEYS_AHEAD: usize = 4;

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

    /// What a call needs to go on without this.
    fn owned(&self, key: &str) -> (Arc<str>, String) {
        (Arc::clone(&self.label), key.to_owned())
    }

    /// The value of `key`, if there is one.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (label, key) = self.owned(key);
        let work = move |db: &mut Connection| select(db, &label, &key);
        self.database.with(work).await
    }

    /// Writes `value`, over any older one.
    pub async fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), StoreError> {
        let (label, key) = self.owned(key);
        let value = value.as_ref().to_vec();
        let work = move |db: &mut Connection| upsert(db, &label, &key, &value);
        self.database.with(work).await
    }

    /// Removes `key`, or does nothing.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let (label, key) = self.owned(key);
        let work = move |db: &mut Connection| {
            db.prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute([&*label, &key])?;
            Ok(())
        };
        self.database.with(work).await
    }

    /// All keys, in the order the database has them.
    pub async fn keys(&self) -> Result<Vec<String>, StoreError> {
        let label = Arc::clone(&self.label);
        let work = move |db: &mut Connection| {
            let mut keys = db.prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?;
            let keys = keys.query_map([&*label], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        };
        self.database.with(work).await
    }

    /// Adds to the counter under `key`, 8 bytes little-endian; an absent one is 0.
    pub async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        let (label, key) = self.owned(key);
        let broken = Arc::clone(&self.database.broken);
        let work = move |db: &mut Connection| {
            let transaction = db.transaction()?;
            let old = match select(&transaction, &label, &key)? {
                Some(value) => <[u8; 8]>::try_from(value).map(i64::from_le_bytes).ok(),
                None => Some(0),
            };
            let Some(new) = old.map(|old: i64| old.wrapping_add(delta)) else {
                broken.store(true, Ordering::SeqCst);
                return Err(StoreError::Crash(format!("{key} is not a counter")));
            };
            upsert(&transaction, &label, &key, &new.to_le_bytes())?;
            transaction.commit()?;
            Ok(new)
        };
        self.database.with(work).await
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
        let connection = self.database.connection.blocking_lock();
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

    /// The values of those `keys` that exist, in no particular order.
    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, StoreError> {
        let label = Arc::clone(&self.label);
        let work = move |db: &mut Connection| {
            let mut found = db.prepare_cached(
                "SELECT key, value FROM spin_key_value WHERE store = ?1 AND key IN rarray(?2)",
            )?;
            let found = found.query_map(params![&*label, array(keys)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        };
        self.database.with(work).await
    }

    /// Writes all pairs in one transaction.
    pub(crate) async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        let label = Arc::clone(&self.label);
        let work = move |db: &mut Connection| {
            let transaction = db.transaction()?;
            for (key, value) in &pairs {
                upsert(&transaction, &label, key, value)?;
            }
            Ok(transaction.commit()?)
        };
        self.database.with(work).await
    }

    /// Removes all `keys` at once.
    pub(crate) async fn delete_many(&self, keys: Vec<String>) -> Result<(), StoreError> {
        let label = Arc::clone(&self.label);
        let work = move |db: &mut Connection| {
            db.prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key IN rarray(?2)")?
                .execute(params![&*label, array(keys)])?;
            Ok(())
        };
        self.database.with(work).await
    }

    /// Writes `new` if the value is still `old`, and says whether it did. As in Spin, an absent `old` always wins.
    pub(crate) async fn swap(
        &self,
        key: &str,
        old: Option<Vec<u8>>,
        new: &[u8],
    ) -> Result<bool, StoreError> {
        let (label, key) = self.owned(key);
        let new = new.to_vec();
        let work = move |db: &mut Connection| match old {
            None => upsert(db, &label, &key, &new).map(|()| true),
            Some(old) => {
                let changed = db
                    .prepare_cached(
                        "UPDATE spin_key_value SET value = ?4 WHERE store = ?1 AND key = ?2 AND value = ?3",
                    )?
                    .execute(params![&*label, key, old, new])?;
                Ok(changed == 1)
            }
        };
        self.database.with(work).await
    }
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

fn array(keys: Vec<String>) -> Rc<Vec<Value>> {
    Rc::new(keys.into_iter().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A store, and the stream of its keys, of which more are left than are read ahead.
    async fn store_being_listed() -> Result<(Store, KeyStream), StoreError> {
        let store = Database::in_memory()?.store("default");
        for key in 0..2 * KEYS_AHEAD {
            store.set(&key.to_string(), "").await?;
        }
        let (mut keys, end) = store.stream_keys(None);
        keys.recv().await;
        Ok((store, (keys, end)))
    }

    #[tokio::test]
    async fn an_unread_key_stream_locks_the_database() -> Result<(), StoreError> {
        let (store, (mut keys, end)) = store_being_listed().await?;
        tokio::select! {
            biased;
            _ = store.get("0") => panic!("read past the stream"),
            () = std::future::ready(()) => (),
        }
        while keys.recv().await.is_some() {}
        assert_eq!(end.await, Ok(Ok(())));
        assert_eq!(store.get("0").await?, Some(Vec::new()));
        Ok(())
    }

    #[tokio::test]
    async fn a_call_that_is_not_polled_holds_up_no_other() -> Result<(), StoreError> {
        let (store, (mut keys, end)) = store_being_listed().await?;
        let mut in_line = Box::pin(store.get("0"));
        tokio::select! {
            biased;
            _ = &mut in_line => panic!("read past the stream"),
            () = std::future::ready(()) => (),
        }
        while keys.recv().await.is_some() {}
        assert_eq!(end.await, Ok(Ok(())));
        let behind = store.increment("counter", 1);
        let outcome = tokio::time::timeout(Duration::from_secs(10), behind).await;
        assert_eq!(outcome.expect("no wait for the call in line"), Ok(1));
        assert_eq!(in_line.await?, Some(Vec::new()));
        Ok(())
    }
}
