//! Adoption: finding the links without a number, so that the catalog lists them too.
//!
//! It happens once, when the catalog is first read, and again when links without a number may have
//! been added. It lists all keys of the store. A code that no entry names has a link without a number,
//! so only the others are looked at: most stores that need an adoption have few of them.
//!
//! No record is changed, and until the new list is in use, nothing refers to it. So an adoption may
//! break off anywhere, and any number of them may run at the same time.

use super::old_links::{CODES_A_CHUNK, OldLinks};
use crate::{
    domain::{Code, CodeRules},
    exclusive::{Claims, draw_generation},
    platform::Platform,
    store::{KeyValue, Number, StoreError, Stored, get_all},
};

/// How many numbers to look at before the records they led to are dropped.
const NUMBERS_AT_ONCE: usize = 256;

/// Why there is no new list of links without a number.
#[derive(Debug, PartialEq, Eq)]
pub enum AdoptionError {
    /// No link has a number: the host has no increment, or [`Claims`] forbid it.
    Unsupported,
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

/// Puts a new list of the links without a number in use, or finds one that is newer still.
pub async fn adopt(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
) -> Result<Adopted, AdoptionError> {
    let generation = draw_generation(store, platform, claims).await?;
    let generation = generation.ok_or(AdoptionError::Unsupported)?;
    let keys = Keys::load(store, generation).await?;
    let numbered = numbered(store, &keys.numbers).await?;
    let mut codes = keys.codes;
    codes.retain(|code| numbered.binary_search(code).is_err());
    codes.sort_unstable();
    let outdated = keys.outdated;
    let list = write(store, generation, &codes).await?;
    // One that was begun later has seen all that this one has.
    let newer = OldLinks::load(store).await?;
    if let Some(list) = newer.filter(|newer| newer.generation > generation) {
        return Ok(Adopted { list, outdated });
    }
    list.put_in_use(store).await?;
    Ok(Adopted { list, outdated })
}

impl Keys {
    /// `generation` is that of the list to come.
    async fn load(store: &impl KeyValue, generation: i64) -> Result<Self, AdoptionError> {
        let mut keys = Self::default();
        for key in store.keys().await.map_err(AdoptionError::Unlisted)? {
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
}

/// The codes whose links the catalog lists by one of `numbers`, in order.
async fn numbered(store: &impl KeyValue, numbers: &[Number]) -> Result<Vec<Code>, StoreError> {
    let mut numbered = Vec::new();
    for numbers in numbers.chunks(NUMBERS_AT_ONCE) {
        let keys = numbers.iter().copied().map(Number::key).collect();
        let entries = get_all(store, keys).await?.into_iter().flatten();
        let codes: Vec<Code> = entries
            .filter_map(|entry| CodeRules::ALL.of_key(String::from_utf8(entry).ok()?))
            .collect();
        let keys = codes.iter().map(Code::to_string).collect();
        let records = get_all(store, keys).await?;
        for (code, record) in codes.into_iter().zip(records) {
            let Some(record) = record else { continue };
            // For an unreadable record, the entry decides.
            if Stored::decode(&code, &record).is_ok_and(|stored| stored.number.is_none()) {
                continue;
            }
            numbered.push(code);
        }
    }
    numbered.sort_unstable();
    Ok(numbered)
}

async fn write(
    store: &impl KeyValue,
    generation: i64,
    codes: &[Code],
) -> Result<OldLinks, StoreError> {
    let list = OldLinks {
        generation,
        count: codes.len(),
    };
    for (chunk, codes) in codes.chunks(CODES_A_CHUNK).enumerate() {
        let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
        // Serialising strings into memory cannot fail.
        let codes = serde_json::to_vec(&codes).unwrap_or_default();
        store.set(&list.chunk_key(chunk), &codes).await?;
    }
    Ok(list)
}

impl From<StoreError> for AdoptionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
