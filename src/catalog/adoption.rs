//! Adoption: finding the links without a number, so that the catalog lists them too.
//!
//! It happens once, when the catalog is first read, and again when links without a number may have
//! been added. It lists all keys of the store. A code that no entry names has a link without a number,
//! or with one that was copied from elsewhere. So only the codes in entries are looked at: most stores
//! that need an adoption have few of them.
//!
//! No record is changed, and until the new list is in use, nothing refers to it. So an adoption may
//! break off anywhere, and any number of them may run at the same time.

use super::{
    Catalog,
    candidate::Candidate,
    old_links::{CODES_A_CHUNK, OldLinks},
};
use crate::{
    clicks::CounterKey,
    domain::{Code, CodeRules},
    exclusive::{Claims, draw_generation},
    platform::Platform,
    store::{GENERATIONS, KeyValue, Number, StoreError, count},
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
    /// The keys of older lists, but not of the one that was in use when this adoption began: somebody
    /// may be reading it. An adoption that began before may yet put one of the others in use.
    pub outdated: Vec<String>,
    /// The keys of counters of clicks, whosesoever they are.
    pub counters: Vec<String>,
}

/// What the keys of the store say.
#[derive(Default)]
struct Keys {
    codes: Vec<Code>,
    /// Those that have an entry.
    numbers: Vec<Number>,
    /// Those of lists of old links, with the generation of each.
    chunks: Vec<(i64, String)>,
    /// Those of counters of clicks.
    counters: Vec<String>,
}

/// Puts a new list of the links without a number in use, or finds one that is newer still.
pub async fn adopt(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
) -> Result<Adopted, AdoptionError> {
    let generation = draw_generation(store, platform, claims).await?;
    let generation = generation.ok_or(AdoptionError::Unsupported)?;
    let in_use = OldLinks::load(store).await?.map(|list| list.generation);
    let keys = Keys::load(store).await?;
    let numbered = numbered(store, platform, keys.numbers).await?;
    let mut codes = keys.codes;
    codes.retain(|code| numbered.binary_search(code).is_err());
    codes.sort_unstable();
    let chunks = keys.chunks.into_iter();
    let outdated = chunks
        .filter(|(other, _)| *other < generation && Some(*other) != in_use)
        .map(|(_, key)| key)
        .collect();
    let written = write(store, platform, generation, &codes).await?;
    let list = match newer(store, generation).await? {
        Some(newer) => newer,
        None => {
            written.put_in_use(store).await?;
            written
        }
    };
    Ok(Adopted {
        list,
        outdated,
        counters: keys.counters,
    })
}

/// The list in use, if its adoption began after that of `generation`: it has seen all that this one has.
async fn newer(store: &impl KeyValue, generation: i64) -> Result<Option<OldLinks>, StoreError> {
    let Some(list) = OldLinks::load(store).await? else {
        return Ok(None);
    };
    // Without its counter, as in a copy of some of the keys, a generation says nothing.
    let is_newer =
        list.generation > generation && list.generation <= count(store, GENERATIONS).await?;
    Ok(is_newer.then_some(list))
}

impl Keys {
    async fn load(store: &impl KeyValue) -> Result<Self, AdoptionError> {
        let mut keys = Self::default();
        for key in store.keys().await.map_err(AdoptionError::Unlisted)? {
            if let Some(number) = Number::of_key(&key) {
                keys.numbers.push(number);
            } else if let Some(generation) = OldLinks::generation_of(&key) {
                keys.chunks.push((generation, key));
            } else if CounterKey::parse(&key).is_some() {
                keys.counters.push(key);
            } else if let Some(code) = CodeRules::ALL.of_key(key) {
                keys.codes.push(code);
            }
        }
        Ok(keys)
    }
}

/// The codes whose links the catalog lists by one of `numbers`, in order.
async fn numbered(
    store: &impl KeyValue,
    platform: &impl Platform,
    mut numbers: Vec<Number>,
) -> Result<Vec<Code>, StoreError> {
    let catalog = Catalog::with(store, OldLinks::default()).await?;
    numbers.retain(|number| catalog.has_drawn(*number));
    let mut numbered = Vec::new();
    for (chunk, numbers) in numbers.chunks(NUMBERS_AT_ONCE).enumerate() {
        if chunk > 0 {
            platform.give_way().await;
        }
        let links = Candidate::find(store, CodeRules::ALL, catalog, numbers.to_vec()).await?;
        let entered = links.into_iter().filter(|link| link.is_entered(catalog));
        numbered.extend(entered.map(|link| link.code));
    }
    numbered.sort_unstable();
    Ok(numbered)
}

async fn write(
    store: &impl KeyValue,
    platform: &impl Platform,
    generation: i64,
    codes: &[Code],
) -> Result<OldLinks, StoreError> {
    let list = OldLinks {
        generation,
        count: codes.len(),
    };
    for (chunk, codes) in codes.chunks(CODES_A_CHUNK).enumerate() {
        if chunk > 0 {
            platform.give_way().await;
        }
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
