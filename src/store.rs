//! The key-value store: what is asked of one, and which keys and records are ours.

mod kept;
#[cfg(any(test, feature = "testing"))]
mod memory;
mod record;

pub use kept::{Connect, Kept};
#[cfg(any(test, feature = "testing"))]
pub use memory::Memory;
pub use record::{Stored, Target, Unreadable};

use crate::link::Code;
use std::fmt;

/// A key-value store as Spin offers one. Everything the component keeps goes through here.
///
/// What callers may rely on, and implementations must keep:
/// - a `get` that starts after a `set` or `delete` of the same key has returned sees its effect
///   (hosts that promise less are listed in `docs/consistency.md`);
/// - a call that answers an error may or may not have taken effect; a `set` or `delete` is carried out
///   at most once, and not after a wait of the caller's side;
/// - nothing but `increment` is atomic with anything else. There is no conditional write.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait KeyValue {
    /// The value under `key`, or `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Puts `value` under `key`, replacing what was there.
    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Removes `key`. Removing an absent key succeeds.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// All keys there are, in no particular order.
    ///
    /// They come as a whole, in one call that holds nothing of the store when it has returned. Spin
    /// also has a stream of keys, which locks a SQLite store until it has been read to its end: a
    /// neighbour in the same instance that calls the store meanwhile waits for the reader, and the
    /// reader for the neighbour. A host refuses a list beyond its limit (128 MiB in Spin).
    async fn keys(&self) -> Result<Vec<String>, StoreError>;

    /// Adds 1 to the counter under `key`, an absent one counting as 0, and returns the new value.
    /// Of any number of concurrent calls each gets a number of its own.
    ///
    /// A counter key must never be [`set`](Self::set): on a value that is not a counter Spin's
    /// SQLite store panics, and every later call in the process fails.
    async fn increment(&self, key: &str) -> Result<i64, IncrementError>;
}

/// A store call failed. The text is the host's, for the log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

/// Why a counter could not be incremented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncrementError {
    /// The host offers no atomic increment: to nobody, and at no time.
    Unsupported,
    /// It may or may not have taken effect.
    Failed(StoreError),
}

/// The key of the counter that decides who may create `code`.
pub fn claim_key(code: &Code) -> String {
    format!("claim:{code}")
}

/// The key of the mark on a code that several may be writing at once, since one of them has died
/// or was thought to have. It is only ever set.
pub fn contested_key(code: &Code) -> String {
    format!("contested:{code}")
}

/// The key of the counter that lets one update or delete of `code` run at a time.
pub fn edit_key(code: &Code) -> String {
    format!("edit:{code}")
}

impl IncrementError {
    /// What the text of an increment's error means. No host interface has an error for an
    /// increment that is not offered, so a host says it in words. In doubt it is a failure, which
    /// makes nobody's code less exclusive.
    pub fn from_text(text: String, key: &str) -> Self {
        const NOT_OFFERED: [&str; 4] = [
            "not supported",
            "unsupported",
            "not implemented",
            "unimplemented",
        ];
        // The text may name the key, and with it a code of somebody's choice.
        let words = text.replace(key, "").to_ascii_lowercase();
        if NOT_OFFERED.iter().any(|phrase| words.contains(phrase)) {
            Self::Unsupported
        } else {
            Self::Failed(StoreError(text))
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for IncrementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("this host has no atomic increment"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_says_so_means_that_no_increment_is_offered() {
        let key = "claim:unsupported";
        for text in [
            "not supported",
            "Operation not implemented",
            "atomics are Unsupported here",
            "unimplemented",
        ] {
            let error = IncrementError::from_text(text.to_owned(), key);
            assert_eq!(error, IncrementError::Unsupported, "{text}");
        }
        for text in [
            "too many requests",
            "ConditionalCheckFailed",
            "not here",
            "",
            "conflict on claim:unsupported",
        ] {
            let failed = IncrementError::Failed(StoreError(text.to_owned()));
            let error = IncrementError::from_text(text.to_owned(), key);
            assert_eq!(error, failed, "{text}");
        }
    }
}
