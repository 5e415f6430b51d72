//! Numbering links, so that the catalog can list them.
//!
//! A number is drawn, then the entry is written, then the link: so a link that exists always has its
//! entry, wherever its creator dies. Numbers that were drawn in vain stay unused.

use super::claim::{Claims, increment};
use crate::{
    domain::Code,
    platform::Platform,
    store::{CATALOG_STATE, GENERATIONS, KeyValue, NEW_LINKS, Number, StoreError},
};

/// Draws the numbers of `links` links that are about to be created, and returns the lowest; the others
/// follow it. `None` if the host has no increment, or `claims` forbid it. The catalog will then miss
/// the links, so it is no longer known to be complete.
pub async fn draw_new(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
    links: usize,
) -> Result<Option<Number>, StoreError> {
    let links = i64::try_from(links).unwrap_or(i64::MAX);
    let drawn = increment(store, platform, claims, NEW_LINKS, links).await?;
    if drawn.count.is_none() && store.get(CATALOG_STATE).await?.is_some() {
        store.delete(CATALOG_STATE).await?;
    }
    Ok(drawn.count.map(|count| Number::first_of(count, links)))
}

/// Draws the number of a new list of the links from before the catalog, or `None` for the same
/// reasons.
pub async fn draw_generation(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
) -> Result<Option<i64>, StoreError> {
    let drawn = increment(store, platform, claims, GENERATIONS, 1).await?;
    Ok(drawn.count)
}

/// Writes the entry of `number`, if there is one, before the link that will have it.
pub async fn enter(
    store: &impl KeyValue,
    number: Option<Number>,
    code: &Code,
) -> Result<(), StoreError> {
    match number {
        Some(number) => store.set(&number.key(), code.as_str().as_bytes()).await,
        None => Ok(()),
    }
}

/// Removes the entry of `number`, which was that of the deleted link under `code`. A record that was
/// copied from another code has the number of that one's link, whose entry stays.
pub async fn strike(store: &impl KeyValue, number: Number, code: &Code) -> Result<(), StoreError> {
    let entry = store.get(&number.key()).await?;
    match entry.as_deref() == Some(code.as_str().as_bytes()) {
        true => store.delete(&number.key()).await,
        false => Ok(()),
    }
}
