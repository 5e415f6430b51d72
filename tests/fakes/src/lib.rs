//! Fakes for tests that need no host: a store in memory, a platform on a virtual clock, a request.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "nothing here serves anybody: what is wrong should fail loudly"
)]

mod memory;
mod request;

pub use memory::Memory;
pub use request::FakeRequest;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::resume_unwind,
    sync::Once,
    thread,
    time::Duration,
};
use url_shortener::{
    domain::Timestamp,
    platform::{Platform, VariableError},
    telemetry,
};

/// The admin token that [`FakePlatform`] starts with.
pub const TOKEN: &str = "correct-horse-battery-staple";

/// The text with which [`FakePlatform::fail_variable`] makes a variable fail.
pub const PROVIDER_ERROR: &str = "vault at 10.0.0.1 refused";

/// Where the variables and their defaults are.
const MANIFEST: &str = include_str!("../../../spin.toml");

thread_local! {
    /// What this thread has logged, while somebody wants to know.
    static LOG: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What `run` returns, and what it writes to the log. It runs in a thread of its own, as an instance
/// does, and so says anew what is said once per instance.
pub fn logged<T: Send>(run: impl FnOnce() -> T + Send) -> (T, String) {
    capture_log();
    let instance = || {
        LOG.set(Some(String::new()));
        (run(), LOG.take().unwrap_or_default())
    };
    let ended = thread::scope(|scope| scope.spawn(instance).join());
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}

/// One subscriber for all threads, and before any of them logs: a callsite asks only once whether
/// somebody listens.
fn capture_log() {
    static CAPTURED: Once = Once::new();
    let keep = |line: &str| {
        LOG.with_borrow_mut(|log| log.iter_mut().for_each(|log| log.push_str(line)));
    };
    CAPTURED.call_once(|| telemetry::init(keep));
}

/// A platform with a virtual clock, numbered "randomness" and the manifest's default variables.
#[derive(Debug)]
pub struct FakePlatform {
    uptime: Cell<Duration>,
    draws: Cell<u8>,
    variables: RefCell<BTreeMap<String, Option<String>>>,
}

impl Default for FakePlatform {
    fn default() -> Self {
        capture_log();
        let manifest: toml::Table = MANIFEST.parse().unwrap();
        let declared = manifest["variables"].as_table().unwrap().iter();
        let variables = declared.map(|(name, declaration)| {
            // The one that has no default is the admin token.
            let default = declaration
                .get("default")
                .map_or(TOKEN, |it| it.as_str().unwrap());
            (name.clone(), Some(default.to_owned()))
        });
        Self {
            uptime: Cell::default(),
            draws: Cell::default(),
            variables: RefCell::new(variables.collect()),
        }
    }
}

impl FakePlatform {
    pub fn set(&self, name: &str, value: &str) {
        let value = Some(value.to_owned());
        self.variables.borrow_mut().insert(name.to_owned(), value);
    }

    pub fn fail_variable(&self, name: &str) {
        self.variables.borrow_mut().insert(name.to_owned(), None);
    }

    pub fn advance(&self, duration: Duration) {
        self.uptime.set(self.uptime.get() + duration);
    }
}

impl Platform for FakePlatform {
    fn now(&self) -> Timestamp {
        // 2030-01-01T00:00:00Z
        let uptime = self.uptime.get();
        Timestamp::from_unix(1_893_456_000 + uptime.as_secs(), uptime.subsec_nanos())
    }

    fn uptime(&self) -> Duration {
        self.uptime.get()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }

    fn requests_per_instance(&self) -> usize {
        128
    }

    fn random(&self, length: usize) -> Vec<u8> {
        let draw = self.draws.get();
        self.draws.set(draw.wrapping_add(1));
        (0..length).map(|i| draw.wrapping_add(i as u8)).collect()
    }

    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        let variables = self.variables.borrow();
        let value = variables.get(name).cloned().flatten();
        value.ok_or_else(|| VariableError(PROVIDER_ERROR.to_owned()))
    }
}
