//! The stored links, ordered by code, one page at a time.
//!
//! A store lists all its keys at once and in no particular order, and there may be millions. So
//! every page has to select its codes from all keys.

use crate::{
    domain::{Code, CodeRules, Link},
    store::{KeyValue, StoreError, Stored},
};
use futures::{StreamExt, TryStreamExt, stream};

/// How many records to read concurrently. A read can take 20 ms, and an instance answers up to 16
/// requests at once.
const READS_AT_ONCE: usize = 16;

/// Which codes to select.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only codes after this one.
    pub after: Option<Code>,
    /// Only codes that begin with this.
    pub prefix: String,
    /// At most this many codes.
    pub limit: usize,
    /// Which keys are codes.
    pub rules: CodeRules,
}

/// The links found for a list of codes.
#[derive(Debug, Default)]
pub struct Links {
    pub links: Vec<Link>,
    /// How many records could not be read.
    pub skipped: usize,
}

/// Returns the first codes of `selection`, in order. Ignores keys that are not valid codes: they
/// are not links.
pub async fn codes(store: &impl KeyValue, selection: &Selection) -> Result<Vec<Code>, StoreError> {
    let keys = store.keys().await?.into_iter();
    let mut codes: Vec<Code> = keys
        .filter(|key| selection.includes(key))
        .filter_map(|key| selection.rules.of_key(key))
        .collect();
    // Partitions the codes, so that only those selected need to be sorted.
    if codes.len() > selection.limit {
        codes.select_nth_unstable(selection.limit);
        codes.truncate(selection.limit);
    }
    codes.sort_unstable();
    Ok(codes)
}

impl Selection {
    fn includes(&self, key: &str) -> bool {
        let after = self.after.as_ref();
        key.starts_with(&self.prefix) && after.is_none_or(|after| key > after.as_str())
    }
}

/// Reads the links of `codes`, in that order. Leaves out codes whose link is gone by now, and logs
/// and counts unreadable records.
pub async fn links(store: &impl KeyValue, codes: Vec<Code>) -> Result<Links, StoreError> {
    let reads = codes.into_iter().map(async |code| {
        let record = store.get(code.as_str()).await?;
        Ok::<_, StoreError>((code, record))
    });
    let records = stream::iter(reads).buffered(READS_AT_ONCE);
    let collect = async |mut found: Links, (code, record): (Code, Option<Vec<u8>>)| {
        match record.map(|record| Stored::decode(&code, &record)) {
            Some(Ok(stored)) => found.links.push(stored.link),
            Some(Err(error)) => {
                error.log(&code);
                found.skipped = found.skipped.saturating_add(1);
            }
            None => {}
        }
        Ok(found)
    };
    records.try_fold(Links::default(), collect).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::Memory;
    use futures::executor::block_on;

    fn store(keys: &[&str]) -> Memory {
        let store = Memory::default();
        for key in keys {
            let record = format!(r#"{{"short":"{key}","url":"https://{key}.example"}}"#);
            block_on(store.set(key, record.as_bytes())).unwrap();
        }
        store
    }

    fn pick(store: &Memory, after: &str, prefix: &str, limit: usize) -> Vec<String> {
        let selection = Selection {
            after: Code::parse(after).ok(),
            prefix: prefix.to_owned(),
            limit,
            rules: CodeRules::default(),
        };
        let picked = block_on(codes(store, &selection)).unwrap();
        picked.iter().map(Code::to_string).collect()
    }

    #[test]
    fn pages_follow_each_other_in_order_without_gap_or_overlap() {
        let store = store(&["b", "a", "B", "a-1", "10", "9", "c"]);
        assert_eq!(pick(&store, "", "", 3), ["10", "9", "B"]);
        assert_eq!(pick(&store, "B", "", 3), ["a", "a-1", "b"]);
        assert_eq!(pick(&store, "b", "", 3), ["c"]);
        assert_eq!(pick(&store, "c", "", 3), Vec::<String>::new());
        assert_eq!(pick(&store, "gone", "", 9), Vec::<String>::new());
    }

    #[test]
    fn a_prefix_and_foreign_keys_leave_keys_out() {
        let store = store(&["ab", "abc", "b", "claim:ab", "_x", "a b", "robots.txt"]);
        assert_eq!(pick(&store, "", "", 9), ["ab", "abc", "b"]);
        assert_eq!(pick(&store, "", "ab", 9), ["ab", "abc"]);
        assert_eq!(pick(&store, "ab", "ab", 9), ["abc"]);
    }

    #[test]
    fn links_come_in_the_order_asked_and_unreadable_ones_are_counted() {
        let store = store(&["a", "b"]);
        block_on(store.set("c", b"{")).unwrap();
        let codes = ["b", "gone", "c", "a"].map(|code| Code::parse(code).unwrap());
        let found = block_on(links(&store, codes.into())).unwrap();
        let codes: Vec<_> = found.links.iter().map(|link| link.code.as_str()).collect();
        assert_eq!((codes, found.skipped), (vec!["b", "a"], 1));
    }
}
