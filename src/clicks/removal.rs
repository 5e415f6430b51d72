//! Removing the counters of links that are gone.
//!
//! They are never shown again, because the next link under the code has another id. So removing them
//! only saves space, and may break off anywhere.

use super::{
    DAYS_KEPT,
    counters::{CounterKey, Counters},
};
use crate::{
    domain::{CodeRules, Day},
    platform::Platform,
    store::{KeyValue, StoreError, Stored, get_all},
};
use std::collections::BTreeMap;

/// How many codes to look at before giving way to visitors, and how many keys to delete.
const CODES_AT_ONCE: usize = 64;
const DELETES_AT_ONCE: usize = 4;

/// Removes the counters of `stored`, which has been deleted.
pub async fn remove(
    store: &impl KeyValue,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<(), StoreError> {
    let counters = Counters::of_stored(stored);
    if store.get(counters.total()).await?.is_none() {
        return Ok(());
    }
    let today = platform.now().day();
    // A day longer than they are kept: today's first click, which removes that one, may not have come.
    let oldest = today.minus(DAYS_KEPT);
    // An imported time of creation may be wrong. One in the future is not relied on.
    let created = stored.link.created_at.map(|at| at.day());
    let created = created.filter(|day| *day <= today);
    let first = created.map_or(oldest, |day| day.max(oldest));
    // Another host's clock may be a day ahead.
    let days = first.through(today.next());
    let keys: Vec<String> = days.map(|day| counters.on(day)).collect();
    let values = get_all(store, keys.clone()).await?;
    let left = keys.iter().zip(values).filter(|(_, value)| value.is_some());
    delete_all(store, platform, left.map(|(key, _)| key)).await?;
    // Last, because without it the others are not looked for.
    store.delete(counters.total()).await
}

/// Of the counters with these `keys`, removes those that belong to no link, and those of days that are not
/// kept any more.
pub async fn sweep(
    store: &impl KeyValue,
    platform: &impl Platform,
    keys: Vec<String>,
) -> Result<(), StoreError> {
    let oldest = platform.now().day().minus(DAYS_KEPT.saturating_sub(1));
    let mut keys_by_code: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in keys {
        if let Some(counter) = CounterKey::parse(&key) {
            let code = counter.code.to_owned();
            keys_by_code.entry(code).or_default().push(key);
        }
    }
    let keys_by_code: Vec<_> = keys_by_code.into_iter().collect();
    for (chunk, keys_by_code) in keys_by_code.chunks(CODES_AT_ONCE).enumerate() {
        if chunk > 0 {
            platform.give_way().await;
        }
        let codes = keys_by_code.iter().map(|(code, _)| code.clone());
        let records = get_all(store, codes.collect()).await?;
        for ((code, keys), record) in keys_by_code.iter().zip(records) {
            let owner = Owner::of(code, record.as_deref());
            let outdated = keys.iter().filter(|key| !owner.keeps(key, oldest));
            delete_all(store, platform, outdated).await?;
        }
    }
    Ok(())
}

/// Deletes `keys`, and gives way to visitors now and then: each delete waits for the disk.
async fn delete_all<'a>(
    store: &impl KeyValue,
    platform: &impl Platform,
    keys: impl Iterator<Item = &'a String>,
) -> Result<(), StoreError> {
    for (nth, key) in keys.enumerate() {
        if nth % DELETES_AT_ONCE == DELETES_AT_ONCE - 1 {
            platform.give_way().await;
        }
        store.delete(key).await?;
    }
    Ok(())
}

/// To whom the counters of a code belong.
enum Owner {
    Nobody,
    Link(Counters),
    /// The record is unreadable, so its id is not known.
    Unknown,
}

impl Owner {
    fn of(code: &str, record: Option<&[u8]>) -> Self {
        let code = CodeRules::ALL.of_key(code.to_owned());
        match code.zip(record) {
            None => Self::Nobody,
            Some((code, record)) => match Stored::decode(&code, record) {
                Ok(link) => Self::Link(Counters::of_stored(&link)),
                Err(_) => Self::Unknown,
            },
        }
    }

    /// Whether the counter under `key` is still needed, and its day not before the `oldest` kept.
    fn keeps(&self, key: &str, oldest: Day) -> bool {
        let Some(CounterKey { link, day, .. }) = CounterKey::parse(key) else {
            return true;
        };
        let is_owned = match self {
            Self::Nobody => false,
            Self::Link(counters) => *counters == link,
            Self::Unknown => true,
        };
        is_owned && day.is_none_or(|day| day >= oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::Code,
        fakes::{FakePlatform, Memory},
    };
    use futures::executor::block_on;

    /// Stores a link, and returns it as it is read.
    fn put(store: &Memory, code: &str, members: &str) -> Stored {
        let record = format!(r#"{{"url":"https://akamai.com"{members}}}"#);
        block_on(store.set(code, record.as_bytes())).unwrap();
        Stored::decode(&Code::parse(code).unwrap(), record.as_bytes()).unwrap()
    }

    fn count(store: &Memory, keys: &[&str]) {
        for key in keys {
            block_on(store.increment(key, 1)).unwrap();
        }
    }

    fn counters_in(store: &Memory) -> Vec<String> {
        let keys = store.all_keys().into_iter();
        keys.filter(|key| key.starts_with("clicks:")).collect()
    }

    fn today() -> Day {
        FakePlatform::default().now().day()
    }

    #[test]
    fn a_deleted_link_leaves_no_counter() {
        let store = Memory::default();
        let link = put(&store, "a", r#","id":"x""#);
        let oldest = Counters::of_stored(&link).on(today().minus(DAYS_KEPT));
        let tomorrow = Counters::of_stored(&link).on(today().next());
        count(
            &store,
            &["clicks:a:x", "clicks:a:x:2029-12-31", &oldest, &tomorrow],
        );
        count(&store, &["clicks:a:y", "clicks:b:x"]);
        block_on(remove(&store, &FakePlatform::default(), &link)).unwrap();
        assert_eq!(counters_in(&store), ["clicks:a:y", "clicks:b:x"]);
    }

    #[test]
    fn only_days_on_which_the_link_existed_are_looked_for() {
        let store = Memory::default();
        let members = r#","id":"x","created_at":"2029-12-31T12:00:00Z""#;
        let link = put(&store, "a", members);
        count(
            &store,
            &[
                "clicks:a:x",
                "clicks:a:x:2029-12-30",
                "clicks:a:x:2029-12-31",
            ],
        );
        block_on(remove(&store, &FakePlatform::default(), &link)).unwrap();
        assert_eq!(counters_in(&store), ["clicks:a:x:2029-12-30"]);
    }

    #[test]
    fn a_sweep_removes_what_belongs_to_no_link_or_is_too_old() {
        let store = Memory::default();
        put(&store, "a", r#","id":"x""#);
        put(&store, "old", "");
        block_on(store.set("broken", b"{")).unwrap();
        let kept = today().minus(DAYS_KEPT - 1);
        let (kept, outdated) = [kept, kept.minus(1)]
            .map(|day| format!("clicks:a:x:{day}"))
            .into();
        let needed = [
            "clicks:a:x",
            &kept,
            "clicks:broken:z",
            "clicks:offered",
            "clicks:old:",
        ];
        count(&store, &needed);
        count(
            &store,
            &[
                &outdated,
                "clicks:a:",
                "clicks:a:y",
                "clicks:old:z",
                "clicks:gone::2030-01-01",
            ],
        );
        block_on(sweep(&store, &FakePlatform::default(), store.all_keys())).unwrap();
        assert_eq!(counters_in(&store), needed);
    }
}
