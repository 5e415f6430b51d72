//! What a number leads to: a code, and the record that is stored under it.
//!
//! That need not be the link that has the number. The link may have been deleted and its code created
//! anew, or its record copied from elsewhere.

use super::{Catalog, Record, records};
use crate::{
    domain::{Code, CodeRules},
    store::{KeyValue, Number, StoreError, Stored, Unreadable, get_all},
};

pub struct Candidate {
    pub number: Number,
    pub code: Code,
    pub record: Result<Stored, Unreadable>,
}

impl Candidate {
    /// Follows `numbers`, in that order, as far as they lead to something.
    pub async fn find(
        store: &impl KeyValue,
        rules: CodeRules,
        catalog: Catalog,
        numbers: Vec<Number>,
    ) -> Result<Vec<Self>, StoreError> {
        let old = catalog.old.read(store, &numbers).await?;
        let with_entry = numbers.iter().filter(|number| number.has_entry());
        let entries = get_all(store, with_entry.map(|number| number.key()).collect()).await?;
        let mut entries = entries.into_iter();
        let (mut followed, mut codes) = (Vec::new(), Vec::new());
        for number in numbers {
            let key = match number.has_entry() {
                true => entries.next().flatten(),
                false => old.code(number),
            };
            let key = key.and_then(|key| String::from_utf8(key).ok());
            if let Some(code) = key.and_then(|key| rules.of_key(key)) {
                followed.push(number);
                codes.push(code);
            }
        }
        let records = records(store, &codes).await?;
        let found = followed.into_iter().zip(codes).zip(records);
        let candidate = |((number, code), record): (_, Record)| {
            Some(Self {
                number,
                code,
                record: record?,
            })
        };
        Ok(found.filter_map(candidate).collect())
    }

    /// The number in the record, if it is one that was drawn.
    pub fn own_number(&self, catalog: Catalog) -> Option<Number> {
        let number = self.record.as_ref().ok()?.number?;
        catalog.has_drawn(number).then_some(number)
    }

    /// Whether an entry led here, and is that of the link. For an unreadable record, it counts as that.
    pub fn is_entered(&self, catalog: Catalog) -> bool {
        let is_own = || self.own_number(catalog) == Some(self.number);
        self.number.has_entry() && (self.record.is_err() || is_own())
    }
}
