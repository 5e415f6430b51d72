//! The counters of a link, and their keys.
//!
//! A key has the link's id, so that a code that is created anew starts at 0, whatever is left of the
//! link that had it before. It has the code as well, so that a counter leads to its link.

use crate::{
    domain::{Code, Day},
    store::Stored,
};

/// What all of these keys begin with.
const PREFIX: &str = "clicks:";

/// The maximum length of an id in a key, in bytes. The hosts allow 255 bytes for the whole key.
const MAX_ID_BYTES: usize = 32;

/// The counters of one link: `clicks:{code}:{id}` for all of its clicks, `clicks:{code}:{id}:{day}` for
/// those of a day. A link without an id that could be part of a key has an empty one there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counters(String);

/// What the key of a counter says.
#[derive(Debug, PartialEq, Eq)]
pub struct CounterKey<'a> {
    pub link: Counters,
    pub code: &'a str,
    /// `None` for the counter of all clicks.
    pub day: Option<Day>,
}

impl Counters {
    /// Those of the link that has this code and id.
    pub fn of(code: &Code, id: Option<&str>) -> Self {
        let id = id.filter(|id| is_usable(id)).unwrap_or_default();
        Self(format!("{PREFIX}{code}:{id}"))
    }

    /// Those of a stored link.
    pub fn of_stored(stored: &Stored) -> Self {
        Self::of(&stored.link.code, stored.id.as_deref())
    }

    /// The key of the counter of all clicks.
    pub fn total(&self) -> &str {
        &self.0
    }

    /// The key of the counter of the clicks on `day`.
    pub fn on(&self, day: Day) -> String {
        format!("{}:{day}", self.0)
    }
}

impl<'a> CounterKey<'a> {
    /// `None` for a key of something else.
    pub fn parse(key: &'a str) -> Option<Self> {
        let parts: Vec<&str> = key.strip_prefix(PREFIX)?.split(':').collect();
        let (code, id, day) = match parts.as_slice() {
            [code, id] => (code, id, None),
            [code, id, day] => (code, id, Some(Day::parse(day).ok()?)),
            _ => return None,
        };
        let link = Counters(format!("{PREFIX}{code}:{id}"));
        Some(Self { link, code, day })
    }
}

/// Whether `id` is one that a create could have drawn.
fn is_usable(id: &str) -> bool {
    let is_drawn = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.len() <= MAX_ID_BYTES && id.bytes().all(is_drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: Option<&str>) -> Counters {
        Counters::of(&Code::parse("abc").unwrap(), id)
    }

    #[test]
    fn a_key_reads_back_as_the_counter_it_was_made_for() {
        let day = Day::parse("2030-01-31").unwrap();
        for (id, total, on_day) in [
            (
                Some("aZ-_09"),
                "clicks:abc:aZ-_09",
                "clicks:abc:aZ-_09:2030-01-31",
            ),
            (None, "clicks:abc:", "clicks:abc::2030-01-31"),
        ] {
            let counters = of(id);
            assert_eq!((counters.total(), &*counters.on(day)), (total, on_day));
            for (key, day) in [(total, None), (on_day, Some(day))] {
                let link = counters.clone();
                let code = "abc";
                assert_eq!(CounterKey::parse(key), Some(CounterKey { link, code, day }));
            }
        }
    }

    #[test]
    fn an_id_that_no_create_has_drawn_is_in_no_key() {
        for id in ["", "a:b", "a/b", "ü", "a b", &"a".repeat(MAX_ID_BYTES + 1)] {
            assert_eq!(of(Some(id)), of(None), "{id}");
        }
    }

    #[test]
    fn other_keys_are_no_counters_of_links() {
        for key in [
            "abc",
            "clicks:",
            super::super::OFFERED,
            "claim:abc",
            "clicks:abc:id:2030-01-31:x",
            "clicks:abc:id:today",
        ] {
            assert_eq!(CounterKey::parse(key), None, "{key}");
        }
    }
}
