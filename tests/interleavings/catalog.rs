//! Is every link in the catalog, once?

use super::{actor::Actor, code, link, script, stored_tag, tag_of, world::State};
use crate::{
    Act,
    explore::{Shared, run_alone},
};
use futures::executor::block_on;
use history::{Outcome, Tag};
use std::collections::BTreeMap;
use url_shortener::{
    catalog::{self, Catalog},
    domain::CodeRules,
    exclusive::Claims,
    store::{CATALOG_STATE, IncrementError, KeyValue, NEW_LINKS, Number, StoreError, Stored},
};

/// Finds the links that have no number. Whatever comes of it, no link is any different.
pub async fn adopt(actor: &Actor) {
    drop(catalog::adopt(actor, actor, Claims::Auto).await);
}

/// A create that writes the link before its entry.
pub async fn entry_last(actor: &Actor, tag: Tag) -> Outcome {
    let count = actor.increment(NEW_LINKS, 1).await.unwrap();
    let number = Number::new_link(count);
    let stored = Stored {
        link: link(tag),
        id: None,
        claimed: false,
        number: Some(number),
        revision: 0,
        request: None,
    };
    actor.set(code().as_str(), &stored.encode()).await.unwrap();
    let entry = code().to_string().into_bytes();
    actor.set(&number.key(), &entry).await.unwrap();
    Outcome::Done
}

/// What must be true at any time: a link that has a number has its entry.
pub fn judge_any_time(state: &State) -> Result<(), String> {
    let record = state.values.get(code().as_str());
    let Some(number) = record.and_then(|record| number_of(record)) else {
        return Ok(());
    };
    let entry = state.values.get(&number.key());
    match entry.map(Vec::as_slice) == Some(code().as_str().as_bytes()) {
        true => Ok(()),
        false => Err(format!("{number:?} is not listed")),
    }
}

/// The number in a record, without reading all of it: this is asked of every state.
fn number_of(record: &[u8]) -> Option<Number> {
    let (_, number) = str::from_utf8(record).unwrap().split_once("\"catalog\":")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next();
    Some(Number::new_link(digits?.parse().unwrap()))
}

/// No number was ever given to two links.
fn judge_numbers(state: &State) -> Result<(), String> {
    let mut owners = BTreeMap::new();
    for record in &state.links_ever {
        let stored = Stored::decode(&code(), record).unwrap();
        if let Some(number) = stored.number {
            let owner = owners.entry(number).or_insert(stored.id.clone());
            if *owner != stored.id {
                return Err(format!("{number:?} is given twice"));
            }
        }
    }
    Ok(())
}

/// What must be true when all is over: the catalog lists the stored link, once. If nobody has found
/// the links without a number, somebody does now.
pub fn judge(state: &Shared) -> Result<(), String> {
    if state.borrow().read(CATALOG_STATE).is_none() {
        run_alone(state, |actor| script(actor, vec![Act::Adopt]));
    }
    let state = state.borrow();
    judge_numbers(&state)?;
    let listed = block_on(async {
        let snapshot = Snapshot(&state);
        let catalog = Catalog::load(&snapshot).await?;
        let catalog = catalog.ok_or_else(|| StoreError("the catalog is incomplete".to_owned()))?;
        catalog::page(&snapshot, CodeRules::default(), catalog, None, 1000).await
    });
    let found = listed.map_err(|error| error.to_string())?.found;
    let listed: Vec<Tag> = found
        .links
        .iter()
        .map(|stored| tag_of(&stored.link))
        .collect();
    let stored = Vec::from_iter(stored_tag(&state));
    match listed == stored {
        true => Ok(()),
        false => Err(format!("{stored:?} is stored, {listed:?} is listed")),
    }
}

/// A store that does not change.
struct Snapshot<'a>(&'a State);

impl KeyValue for Snapshot<'_> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.read(key))
    }

    async fn set(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
        panic!("a list writes nothing")
    }

    async fn delete(&self, _: &str) -> Result<(), StoreError> {
        panic!("a list deletes nothing")
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        panic!("no key is listed")
    }

    async fn increment(&self, _: &str, _: i64) -> Result<i64, IncrementError> {
        panic!("a list counts nothing")
    }
}
