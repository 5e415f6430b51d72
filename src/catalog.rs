//! The stored links in order, a page at a time.
//!
//! - `by_number`: newest first, or oldest first. A page costs what it holds.
//! - `by_code`: in the order of the codes. Every page lists all keys of the store.
//! - `old_links`: the links from before the catalog, which have no number in their record.
//! - `adoption`: finds those links, once.
//! - `candidate`: what a number leads to.

mod adoption;
mod by_code;
mod by_number;
mod candidate;
mod old_links;

pub use adoption::{Adopted, AdoptionError, adopt};
pub use by_code::{Selection, codes, links};
pub use by_number::{Catalog, Page, page, read};

use crate::{
    domain::Code,
    store::{KeyValue, StoreError, Stored, Unreadable, get_all},
};

/// Links that were read.
#[derive(Debug, Default)]
pub struct Found {
    pub links: Vec<Stored>,
    /// How many records were unreadable.
    pub skipped: usize,
}

/// What is stored under a code, if anything.
type Record = Option<Result<Stored, Unreadable>>;

/// The records of `codes`, in that order.
async fn records(store: &impl KeyValue, codes: &[Code]) -> Result<Vec<Record>, StoreError> {
    let keys = codes.iter().map(Code::to_string).collect();
    let records = get_all(store, keys).await?.into_iter().zip(codes);
    Ok(records
        .map(|(record, code)| Some(Stored::decode(code, &record?)))
        .collect())
}

impl Found {
    /// Adds the link in a record of `code`. Logs and counts a record that is unreadable.
    fn add(&mut self, code: &Code, record: Result<Stored, Unreadable>) {
        match record {
            Ok(stored) => self.links.push(stored),
            Err(error) => {
                error.log(code);
                self.skipped = self.skipped.saturating_add(1);
            }
        }
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
