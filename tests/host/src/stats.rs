//! What serving cost: instances, their memory and their start, and fuel if the app was loaded to meter it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use wasmtime::ResourceLimiter;

/// Costs since the host started.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Requests that reached a component.
    pub requests: u64,
    /// How long each instance took from nothing until it could take its first request, in the order they started.
    pub starts: Vec<Duration>,
    /// The largest linear memory of any instance, in bytes.
    pub peak_memory: usize,
    /// Fuel burnt by all requests that ended, the start of their instances included; 0 unless the app meters it.
    pub fuel: u64,
}

impl Stats {
    /// How many instances were started.
    pub fn instances(&self) -> usize {
        self.starts.len()
    }
}

#[derive(Default)]
pub(crate) struct Statistics(Mutex<Stats>);

impl Statistics {
    pub(crate) fn read(&self) -> Stats {
        self.lock().clone()
    }

    pub(crate) fn started(&self, took: Duration) {
        self.lock().starts.push(took);
    }

    pub(crate) fn received(&self) {
        self.lock().requests += 1;
    }

    pub(crate) fn served(&self, fuel: u64, memory: usize) {
        let mut stats = self.lock();
        stats.fuel += fuel;
        stats.peak_memory = stats.peak_memory.max(memory);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds up the linear memories of one instance. Limits nothing, like Spin by default.
#[derive(Default)]
pub(crate) struct MemoryMeter {
    pub(crate) bytes: usize,
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.bytes += desired.saturating_sub(current);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}
