//! The key-value store: what is asked of one, and which keys and records are ours.

mod reconnecting;
mod record;

pub use reconnecting::{Connect, Reconnecting};
pub use record::{Stored, Target, Unreadable};

use crate::domain::Code;
use std::fmt;

/// The label of the store that the tutorial app uses.
pub const LABEL: &str = "default";

/// A key-value store as Spin offers one. Everything the component keeps goes through here.
///
/// An implementation must guarantee:
/// - A `get` that starts after a `set` or `delete` of the same key has returned sees its effect.
///   Hosts that promise less are listed in `docs/consistency.md`.
/// - A call that returns an error may or may not have taken effect.
/// - A `set` or `delete` is sent to the store at once and at most once. An implementation must never
///   delay, queue or retry a write: a caller's right to write ends soon after the read that it rests
///   on.
///
/// A caller must not expect anything but `increment` to be atomic. There is no conditional write.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait KeyValue {
    /// Returns the value under `key`, or `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Puts `value` under `key`, replacing what was there.
    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Removes `key`. Removing an absent key succeeds.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Returns all keys, in no particular order.
    ///
    /// They are returned as a whole, and the call holds no lock of the store once it has returned.
    /// Spin also offers a stream of keys, which must not be used: it locks a SQLite store until it has
    /// been read to its end, and deadlocks with any other call of the same instance. A host refuses a
    /// list beyond its limit (128 MiB in Spin).
    async fn keys(&self) -> Result<Vec<String>, StoreError>;

    /// Adds 1 to the counter under `key`, an absent one counting as 0, and returns the new value.
    /// Each of any number of concurrent calls gets a number of its own.
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
    /// Reads the text of a failed increment of `key`. No host interface has an error for an increment
    /// that is not offered, so a host says it in words. A network error may use the same words
    /// ("address family not supported"), so they count only alone or beside what is not supported. In
    /// doubt it is a failure, which makes no code less exclusive.
    pub fn from_text(text: String, key: &str) -> Self {
        const NOT_OFFERED: [&str; 4] = [
            "not supported",
            "unsupported",
            "not implemented",
            "unimplemented",
        ];
        // The text may name the key, escaped or not, and with it a code of somebody's choice.
        let escaped = key.replace(':', "%3A");
        let words = text.replace(key, "").replace(&escaped, "");
        let words = words.to_ascii_lowercase();
        let words = words.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_alone = NOT_OFFERED.contains(&words);
        let names_it = words.contains("increment") || words.contains("atomic");
        let is_refused = NOT_OFFERED.iter().any(|phrase| words.contains(phrase));
        if is_alone || names_it && is_refused {
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
        let key = "claim:atomic-unsupported";
        for text in [
            "not supported",
            "Not implemented.",
            "atomics are Unsupported here",
            "increment: operation not supported",
            "unimplemented",
        ] {
            let error = IncrementError::from_text(text.to_owned(), key);
            assert_eq!(error, IncrementError::Unsupported, "{text}");
        }
        for text in [
            "too many requests",
            "ConditionalCheckFailed",
            "Address family not supported by protocol (os error 97)",
            "Operation not supported (os error 95)",
            "501 Not Implemented: <html>",
            "not here",
            "",
            "conflict on claim:atomic-unsupported",
            "conflict on claim%3Aatomic-unsupported",
        ] {
            let failed = IncrementError::Failed(StoreError(text.to_owned()));
            let error = IncrementError::from_text(text.to_owned(), key);
            assert_eq!(error, failed, "{text}");
        }
    }
}
