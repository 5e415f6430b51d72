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

pub use adoption::{Adopted, Adoption, AdoptionError};
pub use by_code::{Selection, codes, links};
pub use by_number::{Catalog, Page, page, read};

use crate::{
    domain::{Code, Link},
    store::{Stored, Unreadable},
};

/// How many records to read concurrently. A read can take 20 ms, and an instance answers up to 16
/// requests at once.
const READS_AT_ONCE: usize = 16;

/// Links that were read.
#[derive(Debug, Default)]
pub struct Found {
    pub links: Vec<Link>,
    /// How many records were unreadable.
    pub skipped: usize,
}

impl Found {
    /// Adds the link of a record. Logs and counts an unreadable one.
    fn add(&mut self, code: &Code, record: Result<Stored, Unreadable>) {
        match record {
            Ok(stored) => self.links.push(stored.link),
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
