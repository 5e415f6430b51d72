//! The key-value store: the contract it must meet, and the shortener's keys and records in it.

mod counter;
mod number;
mod reconnecting;
mod record;

pub use counter::{count, counts};
pub use number::{CATALOG_STATE, GENERATIONS, NEW_LINKS, Number};
pub use reconnecting::{Connect, Reconnecting};
pub use record::{RequestMark, Stored, Target, Unreadable};

use crate::domain::Code;
use futures::{StreamExt, TryStreamExt, stream};
use std::{cell::OnceCell, fmt};

/// The label of the store. It is the tutorial app's, so that the links created there keep working.
pub const LABEL: &str = "default";

/// A key-value store, as Spin provides it. All of the shortener's data goes through this trait.
///
/// An implementation must guarantee:
/// - A `get` that starts after a `set` or `delete` of the same key has returned sees its effect.
///   `docs/consistency.md` lists the hosts that promise less.
/// - A `set` or `delete` goes to the store at once, and at most once. An implementation must never
///   delay, queue or retry a write: a caller may write only for a short time after the read that
///   allowed the write.
///
/// A caller must assume:
/// - A call that returned an error may or may not have taken effect.
/// - Only `increment` is atomic. There is no conditional write.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait KeyValue {
    /// Returns the value under `key`, or `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores `value` under `key`, replacing any previous value.
    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Removes `key`. Removing an absent key succeeds.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Returns all keys, in no particular order.
    ///
    /// The list comes in one piece, and the call holds no lock on the store once it has returned.
    /// An implementation must not use Spin's stream of keys: it locks a SQLite store until it has
    /// been read to the end, and deadlocks with any other call from the same instance. A host
    /// refuses a list beyond its limit (128 MiB in Spin).
    async fn keys(&self) -> Result<Vec<String>, StoreError>;

    /// Adds `by`, which is at least 1, to the counter under `key` and returns the new value. An absent
    /// counter counts as 0. Concurrent calls all return different values.
    ///
    /// A counter key must never be [`set`](Self::set): if the value is not a counter, Spin's SQLite
    /// store panics, and every later call in the process fails.
    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError>;
}

/// A failed store call. The text comes from the host and is for the log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

/// Why a counter could not be incremented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncrementError {
    /// The host has no atomic increment, and never will have one.
    Unsupported,
    /// The increment may or may not have taken effect.
    Failed(StoreError),
}

/// A key that is never written. Reading it shows whether the store answers.
pub const HEALTH_KEY: &str = "health:";

/// The secret of the idempotent creates (see `exclusive::idempotency`).
pub const IDEMPOTENCY_SECRET: &str = "idempotency:secret";

/// The draft that becomes the secret once everybody has agreed on it. It stays, with the same value.
pub const IDEMPOTENCY_DRAFT: &str = "idempotency:draft";

/// How many values to read concurrently. A read can take 20 ms, and an instance answers up to 16
/// requests at once.
const READS_AT_ONCE: usize = 16;

/// The values under `keys`, in that order.
pub async fn get_all(
    store: &impl KeyValue,
    keys: Vec<String>,
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    stream::iter(keys)
        .map(async |key| store.get(&key).await)
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await
}

/// What `cell` holds; if that is nothing, what `open` gives. A failure is not kept.
pub fn open_once<T, E>(cell: &OnceCell<T>, open: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(opened) = cell.get() {
        return Ok(opened);
    }
    let opened = open()?;
    Ok(cell.get_or_init(|| opened))
}

/// The key of the counter that decides who may create `code`.
pub fn claim_key(code: &Code) -> String {
    format!("claim:{code}")
}

/// The key of the mark on a contested code: several may be writing it at once, because one of them
/// has died or was presumed dead. The mark is never removed.
pub fn contested_key(code: &Code) -> String {
    format!("contested:{code}")
}

/// The key of the counter that allows only one update or delete of `code` at a time.
pub fn edit_key(code: &Code) -> String {
    format!("edit:{code}")
}

impl IncrementError {
    /// Classifies the error text of a failed increment of `key`. No host interface has an error for
    /// an unsupported increment, so hosts say it in words. A network error may use the same words
    /// ("address family not supported"), so they count only on their own or if the text also names
    /// the increment. In doubt this is [`Self::Failed`], the safe choice: creation stays exclusive.
    pub fn from_text(text: String, key: &str) -> Self {
        const NOT_OFFERED: [&str; 6] = [
            "not supported",
            "not implemented",
            "operation not supported",
            "operation not implemented",
            "unsupported",
            "unimplemented",
        ];
        // The text may name the key, escaped or not, and with it a code of somebody's choice.
        let words = ["%3A", "%3a", ":"]
            .iter()
            .fold(text.clone(), |words, colon| {
                words.replace(&key.replace(':', colon), "")
            });
        let words = words.to_ascii_lowercase();
        let words = words.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_alone = NOT_OFFERED.contains(&words);
        let names_it = words.contains("increment") || words.contains("atomic");
        let is_refused = words.contains("not supported") || words.contains("not implemented");
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
            "Operation not supported",
            "atomics are not supported here",
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
            "conflict on claim%3aatomic-unsupported",
            "Custom { kind: Unsupported, error: atomic.example }",
        ] {
            let failed = IncrementError::Failed(StoreError(text.to_owned()));
            let error = IncrementError::from_text(text.to_owned(), key);
            assert_eq!(error, failed, "{text}");
        }
    }
}
