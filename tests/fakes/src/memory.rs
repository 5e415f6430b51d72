//! A store in memory.

use std::{cell::RefCell, collections::BTreeMap};
use url_shortener::store::{IncrementError, KeyValue, StoreError};

/// Keeps the contract of [`KeyValue`] with a map. Counters are kept apart from values, as no
/// caller may mix them. They are read in the form that SQLite has them in.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    values: RefCell<BTreeMap<String, Vec<u8>>>,
    counters: RefCell<BTreeMap<String, i64>>,
}

impl Memory {
    /// Every key that holds a value or a counter.
    pub fn all_keys(&self) -> Vec<String> {
        let values = self.values.borrow();
        let counters = self.counters.borrow();
        values.keys().chain(counters.keys()).cloned().collect()
    }
}

impl KeyValue for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.values.borrow().get(key).cloned();
        let counter = || self.counters.borrow().get(key).copied();
        Ok(value.or_else(|| Some(counter()?.to_le_bytes().to_vec())))
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.values
            .borrow_mut()
            .insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.values.borrow_mut().remove(key);
        self.counters.borrow_mut().remove(key);
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.all_keys())
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        let mut counters = self.counters.borrow_mut();
        let counter = counters.entry(key.to_owned()).or_default();
        *counter += by;
        Ok(*counter)
    }
}
