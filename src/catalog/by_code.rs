//! The links in the order of their codes.
//!
//! A store lists all its keys at once and in no particular order, and there may be millions. So
//! every page has to select its codes from all keys.

use super::{Found, records};
use crate::{
    domain::{Code, CodeRules},
    store::{KeyValue, StoreError},
};

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

/// Reads the links of `codes`, in that order. Leaves out codes whose link is gone by now.
pub async fn links(store: &impl KeyValue, codes: &[Code]) -> Result<Found, StoreError> {
    let records = records(store, codes).await?;
    let mut found = Found::default();
    for (code, record) in codes.iter().zip(records) {
        if let Some(record) = record {
            found.add(code, record);
        }
    }
    Ok(found)
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
        let found = block_on(links(&store, &codes)).unwrap();
        let codes: Vec<_> = found
            .links
            .iter()
            .map(|stored| stored.link.code.as_str())
            .collect();
        assert_eq!((codes, found.skipped), (vec!["b", "a"], 1));
    }
}
