//! A link's number, which is its place in the catalog, and the catalog's keys.
//!
//! Every link that is created draws the next number, from the counter [`NEW_LINKS`]: 1, 2, 3 and so
//! on. So a higher number means a newer link. The *entry* of a number, under [`Number::key`], is the
//! code of its link. The link's record has the number too. An entry whose link has another number, or
//! none, means nothing: its link was deleted, or never written.
//!
//! Links from before the catalog have no number in their record. The catalog counts them down from 0,
//! see `catalog::old_links`.

use serde::{Deserialize, Serialize};

/// The counter of links that were created.
pub const NEW_LINKS: &str = "catalog:new";

/// The counter of lists of the links from before the catalog.
pub const GENERATIONS: &str = "catalog:generations";

/// What is known about the links from before the catalog. Without this key, that is nothing.
pub const CATALOG_STATE: &str = "catalog:state";

/// The place of a link in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(i64);

impl Number {
    /// The number of the link that was the `count`th to be created. For 0 it is that of the last one
    /// from before the catalog.
    pub const fn new_link(count: i64) -> Self {
        Self(count)
    }

    /// The lowest number of the last `links` links that were created, the last being the `count`th.
    pub const fn first_of(count: i64, links: i64) -> Self {
        Self(count.saturating_sub(links).saturating_add(1))
    }

    /// The lowest number of a catalog with `count` links from before it.
    pub fn lowest(count: usize) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self(1_i64.saturating_sub(count))
    }

    /// Whether this is the number of a link that was created, and so has an entry.
    pub fn has_entry(self) -> bool {
        self.0 > 0
    }

    /// How far this number lies above `other`; `None` if it lies below.
    pub fn above_by(self, other: Self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(other.0)?).ok()
    }

    /// The number below this one.
    pub fn below(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The number above this one.
    pub fn above(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The key of its entry.
    pub fn key(self) -> String {
        format!("{ENTRY}{}", self.0)
    }

    /// The number whose entry has this key.
    pub fn of_key(key: &str) -> Option<Self> {
        let number = Self(key.strip_prefix(ENTRY)?.parse().ok()?);
        (number.has_entry() && number.key() == key).then_some(number)
    }

    /// An opaque text for clients, of 16 characters.
    pub fn to_cursor(self) -> String {
        format!("{:016x}", self.0 ^ i64::MIN)
    }

    /// Reads what [`to_cursor`](Self::to_cursor) has made, and nothing else.
    pub fn from_cursor(text: &str) -> Option<Self> {
        let bits = u64::from_str_radix(text, 16).ok()?;
        let number = Self(bits.cast_signed() ^ i64::MIN);
        (number.to_cursor() == text).then_some(number)
    }
}

const ENTRY: &str = "catalog:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_old_links_end_where_those_of_new_ones_begin() {
        for (count, lowest) in [(0, 1), (1, 0), (100, -99)] {
            assert_eq!(Number::lowest(count), Number(lowest));
            assert_eq!(
                Number(0).above_by(Number::lowest(count)),
                count.checked_sub(1)
            );
        }
        assert_eq!(
            (Number(1).below(), Number(0).above()),
            (Number(0), Number(1))
        );
        assert_eq!(
            [1, 0, -1].map(|n| Number(n).has_entry()),
            [true, false, false]
        );
    }

    #[test]
    fn a_cursor_reads_back_as_it_was() {
        for number in [0, 1, -1, 100, 1_000_000, i64::MAX, i64::MIN].map(Number) {
            assert_eq!(Number::from_cursor(&number.to_cursor()), Some(number));
        }
    }

    #[test]
    fn what_no_list_has_given_is_no_cursor() {
        for text in [
            "",
            "1",
            "abc",
            "80000000000000FF",
            "+800000000000001",
            "80000000000000011",
            "8000000000000 01",
            "ü00000000000000",
        ] {
            assert_eq!(Number::from_cursor(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_names_a_number_only_as_it_is_written() {
        assert_eq!(Number::of_key(&Number(7).key()), Some(Number(7)));
        for key in [
            "7",
            "catalog:",
            "catalog:0",
            "catalog:-1",
            "catalog:07",
            "catalog:+7",
            NEW_LINKS,
        ] {
            assert_eq!(Number::of_key(key), None, "{key}");
        }
    }
}
