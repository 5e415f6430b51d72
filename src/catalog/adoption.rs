//! Adoption: finding the links without a number, so that the catalog lists them too.
//!
//! It happens once, when the catalog is first read, and again when links without a number may have
//! been added. It lists all keys of the store. A code of which no entry speaks has a link without a
//! number, so only the others are looked at: most stores that need an adoption have few of them.
//!
//! No record is changed, and until the new list is in use, nothing refers to it. So an adoption may
//! break off anywhere, and any number of them may run at the same time.

use super::{
    READS_AT_ONCE,
    old_links::{CODES_A_CHUNK, OldLinks},
};
use crate::{
    domain::{Code, CodeRules},
    exclusive::{Claims, draw_generation},
    platform::Platform,
    store::{KeyValue, Number, StoreError, Stored},
};
use futures::{StreamExt, TryStreamExt, future, stream};
use std::collections::HashSet;

/// How many chunks of the list to write concurrently.
const WRITES_AT_ONCE: usize = 8;

/// Finds the links without a number in `store`.
pub struct Adoption<'a, S, P> {
    pub store: &'a S,
    pub platform: &'a P,
    pub claims: Claims,
    /// At most so many numbers may be in use.
    pub max_numbers: usize,
}

/// Why there is no new list of links without a number.
#[derive(Debug, PartialEq, Eq)]
pub enum AdoptionError {
    /// No link has a number: the host has no increment, or [`Claims`] forbid it.
    Unsupported,
    /// More numbers are in use than may be looked at.
    TooManyNumbers,
    /// The keys could not be listed.
    Unlisted(StoreError),
    Store(StoreError),
}

/// The list that is in use after an adoption.
#[derive(Debug)]
pub struct Adopted {
    pub list: OldLinks,
    /// The keys of older lists. Another adoption may yet put one of those in use, if it began before.
    pub outdated: Vec<String>,
}

/// What the keys of the store say.
#[derive(Default)]
struct Keys {
    codes: Vec<Code>,
    /// Those that have an entry.
    numbers: Vec<Number>,
    /// Chunks of older lists.
    outdated: Vec<String>,
}

impl<S: KeyValue, P: Platform> Adoption<'_, S, P> {
    /// Puts a new list in use, or finds one that is newer still.
    pub async fn run(&self) -> Result<Adopted, AdoptionError> {
        let generation = draw_generation(self.store, self.platform, self.claims).await?;
        let generation = generation.ok_or(AdoptionError::Unsupported)?;
        let keys = self.keys(generation).await?;
        if keys.numbers.len() > self.max_numbers {
            return Err(AdoptionError::TooManyNumbers);
        }
        let numbered = self.numbered(keys.numbers).await?;
        let mut codes = keys.codes;
        codes.retain(|code| !numbered.contains(code));
        codes.sort_unstable();
        let outdated = keys.outdated;
        let list = self.write(generation, codes).await?;
        // One that was begun later has seen all that this one has.
        let newer = OldLinks::load(self.store).await?;
        if let Some(list) = newer.filter(|newer| newer.generation > generation) {
            return Ok(Adopted { list, outdated });
        }
        list.put_in_use(self.store).await?;
        Ok(Adopted { list, outdated })
    }

    async fn keys(&self, generation: i64) -> Result<Keys, AdoptionError> {
        let mut keys = Keys::default();
        for key in self.store.keys().await.map_err(AdoptionError::Unlisted)? {
            if let Some(number) = Number::of_key(&key) {
                keys.numbers.push(number);
            } else if let Some(other) = OldLinks::generation_of(&key) {
                if other < generation {
                    keys.outdated.push(key);
                }
            } else if let Some(code) = CodeRules::ALL.of_key(key) {
                keys.codes.push(code);
            }
        }
        Ok(keys)
    }

    /// The codes whose links the catalog lists by one of `numbers`.
    async fn numbered(&self, numbers: Vec<Number>) -> Result<HashSet<Code>, StoreError> {
        let look = async |number: Number| {
            let entry = self.store.get(&number.key()).await?;
            let code = entry.and_then(|entry| String::from_utf8(entry).ok());
            let Some(code) = code.and_then(|code| CodeRules::ALL.of_key(code)) else {
                return Ok(None);
            };
            let record = self.store.get(code.as_str()).await?;
            let stored = record.map(|record| Stored::decode(&code, &record));
            let has_none = |stored: &Stored| stored.number.is_none();
            let is_listed = stored.is_some_and(|stored| !stored.is_ok_and(|it| has_none(&it)));
            Ok(is_listed.then_some(code))
        };
        stream::iter(numbers)
            .map(look)
            .buffered(READS_AT_ONCE)
            .try_filter_map(future::ok)
            .try_collect()
            .await
    }

    async fn write(&self, generation: i64, codes: Vec<Code>) -> Result<OldLinks, StoreError> {
        let list = OldLinks {
            generation,
            count: codes.len(),
        };
        let chunks = codes.chunks(CODES_A_CHUNK).enumerate();
        stream::iter(chunks)
            .map(async |(chunk, codes)| {
                let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
                // Serialising strings into memory cannot fail.
                let codes = serde_json::to_vec(&codes).unwrap_or_default();
                self.store.set(&list.chunk_key(chunk), &codes).await
            })
            .buffered(WRITES_AT_ONCE)
            .try_for_each(future::ok)
            .await?;
        Ok(list)
    }
}

impl From<StoreError> for AdoptionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
