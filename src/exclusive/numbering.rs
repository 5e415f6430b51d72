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

/// Draws the number of a link that is about to be created. `None` if the host has no increment, or
/// `claims` forbid it. The catalog will then miss the link, so it is no longer known to be complete.
pub async fn draw_new(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
) -> Result<Option<Number>, StoreError> {
    let drawn = increment(store, platform, claims, NEW_LINKS).await?;
    if drawn.count.is_none() && store.get(CATALOG_STATE).await?.is_some() {
        store.delete(CATALOG_STATE).await?;
    }
    Ok(drawn.count.map(Number::new_link))
}

/// Draws the number of a new list of the links from before the catalog, or `None` for the same
/// reasons.
pub async fn draw_generation(
    store: &impl KeyValue,
    platform: &impl Platform,
    claims: Claims,
) -> Result<Option<i64>, StoreError> {
    Ok(increment(store, platform, claims, GENERATIONS).await?.count)
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
