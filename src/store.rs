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

    /// Calls `visit` with every key there is, in no particular order; more than once with the same
    /// key if the store had to be asked again.
    ///
    /// Hands keys over one by one, so that they need not fit into memory, and reads all of them
    /// before it returns: on SQLite a half-read list of keys locks everyone else out of the store.
    async fn keys(&self, visit: &mut dyn FnMut(String)) -> Result<(), StoreError>;

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
    /// The host has no atomic increment.
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
