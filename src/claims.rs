//! Claims: how one is told from the others where a store has no conditional write.
//!
//! Who increments a counter from 0 to 1 is the first, and every other knows that it is not. What
//! follows from that for creating a link says [`crate::create`], for changing one [`crate::edit`];
//! `docs/consistency.md` argues both.

use crate::{
    config::Claims,
    link::Code,
    store::{KeyValue, StoreError, contested_key},
};
use std::{cell::Cell, time::Duration};

/// How long it may take from looking at a code until the write that follows has taken effect.
pub const LEASE: Duration = Duration::from_secs(2);

/// How long after looking a write may still begin; the rest of the lease is for the write itself.
pub const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// Where one stands among those who have incremented the same counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    First,
    Later,
    /// The host cannot say, or must not be asked.
    Unknown,
}

impl Ticket {
    /// Increments the counter under `key`, unless `claims` forbids it.
    pub async fn draw(store: &impl KeyValue, claims: Claims, key: &str) -> Self {
        if claims == Claims::Optimistic {
            return Self::Unknown;
        }
        match store.increment(key).await {
            Ok(1) => Self::First,
            Ok(count) if count > 1 => Self::Later,
            Ok(nonsense) => {
                warn_not_exclusive(&format!("increment answered {nonsense}"));
                Self::Unknown
            }
            Err(error) => {
                warn_not_exclusive(&error.to_string());
                Self::Unknown
            }
        }
    }
}

/// Says once per instance (which has one thread) that creates are not exclusive although the
/// operator expects it.
fn warn_not_exclusive(reason: &str) {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    if !WARNED.replace(true) {
        tracing::warn!(reason, "claims are optimistic: creation is not exclusive");
    }
}

/// Says for good that several may be writing `code` at once.
pub async fn mark_contested(store: &impl KeyValue, code: &Code) -> Result<(), StoreError> {
    store.set(&contested_key(code), b"1").await
}

/// Whether several may be writing `code` at once.
pub async fn is_contested(store: &impl KeyValue, code: &Code) -> Result<bool, StoreError> {
    Ok(store.get(&contested_key(code)).await?.is_some())
}
