//! The links in the order of their numbers, which is the order of their creation.
//!
//! The numbers in use are a range, so a page reads one after the other. No key is ever listed. Some
//! numbers have no link: it was deleted, or never written.

use super::{Found, candidate::Candidate, old_links::OldLinks};
use crate::{
    domain::CodeRules,
    store::{KeyValue, NEW_LINKS, Number, StoreError, count, get_all},
};
use std::iter;

/// How many numbers one page looks at, at most.
const MAX_NUMBERS: usize = 1000;

/// The numbers in use. Every link has one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Catalog {
    lowest: Number,
    highest: Number,
    pub(super) old: OldLinks,
}

/// Some links, newest first.
#[derive(Debug)]
pub struct Page {
    pub found: Found,
    /// Where the next page begins, if there is one.
    pub next: Option<Number>,
}

impl Catalog {
    /// `None` if links may be missing in it.
    pub async fn load(store: &impl KeyValue) -> Result<Option<Self>, StoreError> {
        match OldLinks::load(store).await? {
            Some(old) => Self::with(store, old).await.map(Some),
            None => Ok(None),
        }
    }

    /// The catalog with this list of links from before it.
    pub async fn with(store: &impl KeyValue, old: OldLinks) -> Result<Self, StoreError> {
        let highest = Number::new_link(count(store, NEW_LINKS).await?);
        Ok(Self {
            lowest: old.lowest(),
            highest,
            old,
        })
    }

    /// Whether a link was given this number when it was created.
    pub(super) fn has_drawn(self, number: Number) -> bool {
        number.has_entry() && number <= self.highest
    }

    /// Whether no number is in use, or all were taken.
    pub fn is_empty(self) -> bool {
        self.lowest > self.highest
    }

    fn down_from(self, first: Number) -> impl Iterator<Item = Number> {
        let numbers = iter::successors(Some(first), |number| Some(number.below()));
        numbers.take_while(move |number| *number >= self.lowest)
    }

    /// Takes up to `count` numbers out of the range, from its lower end, in order.
    pub fn take_lowest(&mut self, count: usize) -> Vec<Number> {
        let numbers = iter::successors(Some(self.lowest), |number| Some(number.above()));
        let taken: Vec<Number> = numbers
            .take_while(|number| *number <= self.highest)
            .take(count)
            .collect();
        self.lowest = taken.last().map_or(self.lowest, |last| last.above());
        taken
    }
}

/// Reads up to `limit` links, from `from` downwards. A page may have fewer although others follow:
/// it ends after 1,000 numbers.
pub async fn page(
    store: &impl KeyValue,
    rules: CodeRules,
    catalog: Catalog,
    from: Option<Number>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut from = from.unwrap_or(catalog.highest).min(catalog.highest);
    let mut found = Found::default();
    let mut numbers_left = MAX_NUMBERS;
    while from >= catalog.lowest && found.records() < limit && numbers_left > 0 {
        // No more than the page has room for, so that nothing is read in vain.
        let room = limit.saturating_sub(found.records()).min(numbers_left);
        let numbers: Vec<Number> = catalog.down_from(from).take(room).collect();
        numbers_left = numbers_left.saturating_sub(numbers.len());
        from = numbers.last().map_or(from, |last| last.below());
        found.extend(read(store, rules, catalog, numbers).await?);
    }
    let next = (from >= catalog.lowest).then_some(from);
    Ok(Page { found, next })
}

/// Reads the links that have `numbers`, in that order.
pub async fn read(
    store: &impl KeyValue,
    rules: CodeRules,
    catalog: Catalog,
    numbers: Vec<Number>,
) -> Result<Found, StoreError> {
    let candidates = Candidate::find(store, rules, catalog, numbers).await?;
    // What the list of old links has may have been created anew, or copied with the number of another.
    let old = candidates.iter().filter(|link| !link.number.has_entry());
    let renewed = old.filter_map(|link| link.own_number(catalog));
    let entries = get_all(store, renewed.map(Number::key).collect()).await?;
    let mut entries = entries.into_iter();
    let mut found = Found::default();
    for link in candidates {
        let is_listed_here = match link.number.has_entry() {
            true => link.is_entered(catalog),
            false => link.own_number(catalog).is_none_or(|_| {
                entries.next().flatten().as_deref() != Some(link.code.as_str().as_bytes())
            }),
        };
        if is_listed_here {
            found.add(&link.code, link.record);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog,
        exclusive::Claims,
        fakes::{FakePlatform, Memory},
        store::CATALOG_STATE,
    };
    use futures::executor::block_on;

    /// Stores a link with its number and entry, or one from before the catalog.
    fn put(store: &Memory, code: &str, number: Option<i64>) {
        let number_member = number.map_or(String::new(), |n| format!(r#","catalog":{n}"#));
        let record = format!(r#"{{"url":"https://{code}.example"{number_member}}}"#);
        block_on(store.set(code, record.as_bytes())).unwrap();
        if let Some(number) = number {
            let key = Number::new_link(number).key();
            block_on(store.set(&key, code.as_bytes())).unwrap();
            while block_on(store.increment(NEW_LINKS, 1)).unwrap() < number {}
        }
    }

    fn adopt(store: &Memory) -> Catalog {
        let platform = FakePlatform::default();
        let adopted = block_on(catalog::adopt(store, &platform, Claims::Auto)).unwrap();
        block_on(Catalog::with(store, adopted.list)).unwrap()
    }

    /// The codes on all pages.
    fn pages(store: &Memory, catalog: Catalog, limit: usize) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut from = None;
        loop {
            let page = page(store, CodeRules::default(), catalog, from, limit);
            let Page { found, next } = block_on(page).unwrap();
            pages.push(
                found
                    .links
                    .iter()
                    .map(|link| link.link.code.to_string())
                    .collect(),
            );
            match next {
                Some(next) => from = Some(next),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_go_from_the_newest_link_to_the_oldest_and_take_old_ones_in_reverse_order() {
        let store = Memory::default();
        for old in ["m", "a", "z"] {
            put(&store, old, None);
        }
        for (number, new) in [(1, "n1"), (2, "n2"), (3, "n3")] {
            put(&store, new, Some(number));
        }
        let catalog = adopt(&store);
        let all = ["n3", "n2", "n1", "z", "m", "a"];
        for limit in 1..8 {
            let expected: Vec<Vec<&str>> = all.chunks(limit).map(Vec::from).collect();
            assert_eq!(pages(&store, catalog, limit), expected);
        }
        let mut upwards = catalog;
        let mut exported = Vec::new();
        loop {
            let numbers = upwards.take_lowest(4);
            if numbers.is_empty() {
                break;
            }
            let found = block_on(read(&store, CodeRules::default(), catalog, numbers)).unwrap();
            exported.extend(
                found
                    .links
                    .into_iter()
                    .map(|link| link.link.code.to_string()),
            );
        }
        exported.reverse();
        assert_eq!(exported, all);
    }

    #[test]
    fn what_has_no_link_is_passed_over_and_the_page_filled_up() {
        let store = Memory::default();
        put(&store, "old", None);
        put(&store, "gone", None);
        for number in 1..=9 {
            put(&store, &format!("n{number}"), Some(number));
        }
        let catalog = adopt(&store);
        for gone in ["gone", "n9", "n5", "catalog:7", "n1"] {
            block_on(store.delete(gone)).unwrap();
        }
        // Created anew, after a delete that has left its entry.
        put(&store, "n5", Some(10));
        let catalog = Catalog {
            highest: Number::new_link(10),
            ..catalog
        };
        let expected = [vec!["n5", "n8", "n6"], vec!["n4", "n3", "n2"], vec!["old"]];
        assert_eq!(pages(&store, catalog, 3), expected);
    }

    #[test]
    fn a_page_ends_after_a_thousand_numbers_and_says_where_to_go_on() {
        let store = Memory::default();
        put(&store, "first", Some(1));
        put(&store, "last", Some(1500));
        let catalog = adopt(&store);
        assert_eq!(pages(&store, catalog, 100), [vec!["last"], vec!["first"]]);
    }

    #[test]
    fn an_unreadable_record_is_counted_and_takes_its_place_on_the_page() {
        let store = Memory::default();
        for (number, code) in [(1, "a"), (2, "b"), (3, "c")] {
            put(&store, code, Some(number));
        }
        let catalog = adopt(&store);
        block_on(store.set("c", b"{")).unwrap();
        let page = page(&store, CodeRules::default(), catalog, None, 2);
        let found = block_on(page).unwrap().found;
        assert_eq!((found.links.len(), found.skipped), (1, 1));
    }

    #[test]
    fn old_links_in_many_chunks_are_all_listed() {
        let store = Memory::default();
        let mut codes: Vec<String> = (0..1000).map(|n| format!("c{n:04}")).collect();
        for code in &codes {
            put(&store, code, None);
        }
        let catalog = adopt(&store);
        codes.reverse();
        assert_eq!(pages(&store, catalog, 300).concat(), codes);
    }

    #[test]
    fn a_list_of_old_links_that_is_broken_is_not_used_again() {
        let store = Memory::default();
        put(&store, "a", None);
        let catalog = adopt(&store);
        block_on(store.delete(&catalog.old.chunk_key(0))).unwrap();
        let read = page(&store, CodeRules::default(), catalog, None, 9);
        assert!(block_on(read).is_err());
        assert_eq!(block_on(store.get(CATALOG_STATE)), Ok(None));
        assert_eq!(pages(&store, adopt(&store), 9), [["a"]]);
    }

    #[test]
    fn a_newer_list_stays_in_use_when_an_older_one_turns_out_to_be_gone() {
        let store = Memory::default();
        put(&store, "a", None);
        let outdated = adopt(&store);
        put(&store, "b", None);
        let catalog = adopt(&store);
        block_on(store.delete(&outdated.old.chunk_key(0))).unwrap();
        let read = page(&store, CodeRules::default(), outdated, None, 9);
        assert!(block_on(read).is_err());
        assert_eq!(block_on(Catalog::load(&store)), Ok(Some(catalog)));
        assert_eq!(pages(&store, catalog, 9), [["b", "a"]]);
    }

    #[test]
    fn a_record_with_a_number_that_is_not_its_own_is_listed_with_the_old_links() {
        let store = Memory::default();
        put(&store, "n", Some(1));
        let copied = block_on(store.get("n")).unwrap().unwrap();
        block_on(store.set("copy", &copied)).unwrap();
        for forged in [0, -5, 2, i64::MIN, i64::MAX] {
            let record = format!(r#"{{"url":"https://a.example","catalog":{forged}}}"#);
            block_on(store.set(&format!("f{forged}"), record.as_bytes())).unwrap();
        }
        // An entry of a number that nobody has drawn yet.
        block_on(store.set(&Number::new_link(2).key(), b"f2")).unwrap();
        let old = [
            "f9223372036854775807",
            "f2",
            "f0",
            "f-9223372036854775808",
            "f-5",
            "copy",
        ];
        let catalog = adopt(&store);
        assert_eq!(pages(&store, catalog, 9), [[&["n"], &old[..]].concat()]);
        // Now it is drawn, for another link.
        put(&store, "n2", Some(2));
        let catalog = block_on(Catalog::load(&store)).unwrap().unwrap();
        let expected = [&["n2", "n"], &old[..]].concat();
        assert_eq!(pages(&store, catalog, 9), [expected]);
    }

    #[test]
    fn an_old_link_that_was_created_anew_is_listed_as_the_new_link_it_is() {
        let store = Memory::default();
        for old in ["a", "b", "c"] {
            put(&store, old, None);
        }
        adopt(&store);
        put(&store, "b", Some(1));
        let catalog = block_on(Catalog::load(&store)).unwrap().unwrap();
        assert_eq!(pages(&store, catalog, 9), [["b", "c", "a"]]);
    }

    #[test]
    fn a_list_of_a_generation_that_was_never_drawn_is_replaced() {
        let store = Memory::default();
        put(&store, "a", None);
        let forged = br#"{"generation":99,"count":0}"#;
        block_on(store.set(CATALOG_STATE, forged)).unwrap();
        let catalog = adopt(&store);
        assert_eq!(block_on(Catalog::load(&store)), Ok(Some(catalog)));
        assert_eq!(pages(&store, catalog, 9), [["a"]]);
    }

    #[test]
    fn links_that_have_a_number_are_not_adopted_and_those_created_anew_without_one_are() {
        let store = Memory::default();
        put(&store, "n1", Some(1));
        put(&store, "n2", Some(2));
        // The tutorial app has written over it.
        put(&store, "n2", None);
        let catalog = adopt(&store);
        assert_eq!(catalog.old.count, 1);
        assert_eq!(pages(&store, catalog, 9), [["n1", "n2"]]);
    }
}
