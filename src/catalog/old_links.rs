//! The list of the links from before the catalog: those of the tutorial app and of earlier versions.
//!
//! Their records have no number, and none is written into them: that would be a change like any
//! other, and could undo one that somebody else makes at the same time. Instead, their codes are
//! stored in order, a few hundred under one key. The last code has the number 0, the one before it
//! -1, and so on. A code whose link is gone, or has a number in its record, means nothing.
//!
//! Every list has a *generation*, which is part of its keys, and is written before the state that
//! names it. So a list that was broken off is never read, and two that are written at the same time do
//! not mix.

use crate::store::{CATALOG_STATE, KeyValue, Number, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, btree_map::Entry};

/// How many codes are stored under one key.
pub const CODES_A_CHUNK: usize = 256;

const CHUNKS: &str = "catalog:old:";

/// Which list is in use. It has the code of every link that has no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldLinks {
    pub generation: i64,
    pub count: usize,
}

/// Parts of the list, by their place in it.
pub struct Chunks {
    list: OldLinks,
    chunks: BTreeMap<usize, Vec<String>>,
}

impl OldLinks {
    /// The list in use; `None` if some links without a number may be in none.
    pub async fn load(store: &impl KeyValue) -> Result<Option<Self>, StoreError> {
        let state = store.get(CATALOG_STATE).await?;
        Ok(state.and_then(|state| serde_json::from_slice(&state).ok()))
    }

    /// Makes this the list in use.
    pub async fn put_in_use(self, store: &impl KeyValue) -> Result<(), StoreError> {
        // Serialising two numbers into memory cannot fail.
        let state = serde_json::to_vec(&self).unwrap_or_default();
        store.set(CATALOG_STATE, &state).await
    }

    /// The number of the first link.
    pub fn lowest(self) -> Number {
        Number::lowest(self.count)
    }

    /// The key of a chunk of the list.
    pub fn chunk_key(self, chunk: usize) -> String {
        format!("{CHUNKS}{}:{chunk}", self.generation)
    }

    /// The generation of the list of which `key` has a chunk.
    pub fn generation_of(key: &str) -> Option<i64> {
        let (generation, _) = key.strip_prefix(CHUNKS)?.split_once(':')?;
        generation.parse().ok()
    }

    /// Reads the chunks that have `numbers`.
    ///
    /// # Errors
    ///
    /// A chunk is missing. A newer list is in use by now, or the list is broken and will not be used
    /// again.
    pub async fn read(
        self,
        store: &impl KeyValue,
        numbers: &[Number],
    ) -> Result<Chunks, StoreError> {
        let mut chunks = BTreeMap::new();
        for index in numbers.iter().filter_map(|number| self.index(*number)) {
            let chunk = index / CODES_A_CHUNK;
            if let Entry::Vacant(unread) = chunks.entry(chunk) {
                let stored = store.get(&self.chunk_key(chunk)).await?;
                let codes = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
                let Some(codes) = codes else {
                    return Err(self.give_up(store).await?);
                };
                unread.insert(codes);
            }
        }
        Ok(Chunks { list: self, chunks })
    }

    async fn give_up(self, store: &impl KeyValue) -> Result<StoreError, StoreError> {
        if Self::load(store).await? == Some(self) {
            store.delete(CATALOG_STATE).await?;
        }
        let generation = self.generation;
        Ok(StoreError(format!(
            "list {generation} of old links is gone"
        )))
    }

    /// The place of `number` in the list.
    fn index(self, number: Number) -> Option<usize> {
        match number.has_entry() {
            true => None,
            false => number.above_by(self.lowest()),
        }
    }
}

impl Chunks {
    /// The code that has `number`, as its bytes.
    pub fn code(&self, number: Number) -> Option<Vec<u8>> {
        let index = self.list.index(number)?;
        let chunk = self.chunks.get(&(index / CODES_A_CHUNK))?;
        let code = chunk.get(index % CODES_A_CHUNK)?;
        Some(code.clone().into_bytes())
    }
}
