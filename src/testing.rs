//! Fakes for the unit tests and the fuzz targets.

use crate::{
    link::Timestamp,
    platform::{Platform, VariableError},
    request::{BrokenOff, Headers, RequestBody},
    telemetry,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::resume_unwind,
    sync::Once,
    thread,
    time::Duration,
};

/// The admin token that [`FakePlatform`] starts with.
pub const TOKEN: &str = "correct-horse-battery-staple";

/// The text with which [`FakePlatform::fail_variable`] makes a variable fail.
pub const PROVIDER_ERROR: &str = "vault at 10.0.0.1 refused";

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

/// Header fields as a request brings them.
pub fn headers(fields: &[(&'static str, &str)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in fields {
        headers.append(name, (*value).into());
    }
    headers
}

/// A body that comes in these chunks.
pub struct FakeBody<'a>(pub Vec<Result<&'a [u8], BrokenOff>>);

impl RequestBody for FakeBody<'_> {
    async fn read(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        for chunk in self.0 {
            if !take(chunk?) {
                break;
            }
        }
        Ok(())
    }
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
        let variables = [
            ("admin_token", TOKEN),
            ("admin_token_previous", ""),
            ("base_url", ""),
            ("redirect_status", "301"),
            ("redirect_cache_control", "private, max-age=90"),
            ("root_url", ""),
            ("allowed_hosts", ""),
            ("blocked_hosts", ""),
            ("code_length", "7"),
            ("claims", "auto"),
            ("log_level", "info"),
            ("log_redirects", "false"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), Some(value.to_owned()));
        Self {
            uptime: Cell::default(),
            draws: Cell::default(),
            variables: RefCell::new(variables.map(owned).into()),
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
        Timestamp::from_unix_seconds(1_893_456_000 + self.uptime.get().as_secs())
    }

    fn uptime(&self) -> Duration {
        self.uptime.get()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
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
