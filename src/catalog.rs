//! The stored links in order, a page at a time.
//!
//! - `by_number`: newest first, or oldest first. A page costs what it holds.
//! - `by_code`: in the order of the codes. Every page lists all keys of the store.
//! - `old_links`: the links from before the catalog, which have no number in their record.
//! - `adoption`: finds those links, once.

mod adoption;
mod by_code;
mod by_number;
mod old_links;

pub use adoption::{Adopted, AdoptionError, adopt};
pub use by_code::{Selection, codes, links};
pub use by_number::{Catalog, Page, page, read};

use crate::{
    domain::{Code, Link},
    store::{KeyValue, StoreError, Stored, get_all},
};

/// Links that were read.
#[derive(Debug, Default)]
pub struct Found {
    pub links: Vec<Link>,
    /// How many records were unreadable.
    pub skipped: usize,
}

impl Found {
    /// Reads the records of `codes`, in that order. Leaves out those that are gone, or that
    /// `is_wanted` refuses. Logs and counts unreadable ones.
    async fn read(
        store: &impl KeyValue,
        codes: &[Code],
        is_wanted: impl Fn(usize, &Stored) -> bool,
    ) -> Result<Self, StoreError> {
        let keys = codes.iter().map(Code::to_string).collect();
        let records = get_all(store, keys).await?;
        let mut found = Self::default();
        for (place, (code, record)) in codes.iter().zip(records).enumerate() {
            match record.map(|record| Stored::decode(code, &record)) {
                Some(Ok(stored)) if is_wanted(place, &stored) => found.links.push(stored.link),
                Some(Err(error)) => {
                    error.log(code);
                    found.skipped = found.skipped.saturating_add(1);
                }
                Some(Ok(_)) | None => {}
            }
        }
        Ok(found)
    }

    fn extend(&mut self, others: Self) {
        self.links.extend(others.links);
        self.skipped = self.skipped.saturating_add(others.skipped);
    }

    /// How many records these are.
    fn records(&self) -> usize {
        self.links.len().saturating_add(self.skipped)
    }
}
