//! How often the guest called the host, by interface and function.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Calls by name since the host started, or since the last reset:
///
/// | interface | names |
/// |---|---|
/// | `spin:key-value`, `fermyon:spin/key-value` | `key-value.open` `.get` `.set` `.delete` `.get-keys` |
/// | `wasi:keyvalue/store` | `store.open` |
/// | `wasi:keyvalue/atomics` | `atomics.increment` |
/// | `spin:variables`, `fermyon:spin/variables` | `variables.get` |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<&'static str, u64>);

impl Counts {
    /// How often `name` was called.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// How often anything was called.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

#[derive(Default)]
pub(crate) struct Counters(Mutex<Counts>);

impl Counters {
    pub(crate) fn add(&self, name: &'static str) {
        *self.lock().0.entry(name).or_default() += 1;
    }

    pub(crate) fn read(&self) -> Counts {
        self.lock().clone()
    }

    pub(crate) fn reset(&self) {
        *self.lock() = Counts::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
