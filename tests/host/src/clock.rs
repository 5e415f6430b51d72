//! Time as the guest sees it: the machine's, or one that only tests move.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// Where a new [`VirtualClock`] starts: 2026-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(1_767_225_600);

/// A clock that stands still until a test moves it. Clones are the same clock.
///
/// The guest's wall clock and monotonic clock read it, and so do the waits of injected faults.
#[derive(Clone)]
pub struct VirtualClock(Arc<Inner>);

struct Inner {
    skips_waits: bool,
    elapsed: watch::Sender<Duration>,
    sleepers: watch::Sender<usize>,
}

impl VirtualClock {
    /// A clock that stands at 2026-01-01T00:00:00Z until [`advance`](Self::advance) moves it.
    pub fn new() -> Self {
        Self::build(false)
    }

    /// A clock that jumps ahead whenever somebody waits, so that no wait takes any real time.
    pub fn auto() -> Self {
        Self::build(true)
    }

    fn build(skips_waits: bool) -> Self {
        Self(Arc::new(Inner {
            skips_waits,
            elapsed: watch::Sender::new(Duration::ZERO),
            sleepers: watch::Sender::new(0),
        }))
    }

    /// What the guest's wall clock says.
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + START + self.elapsed()
    }

    /// How far the clock has moved since it was made.
    pub fn elapsed(&self) -> Duration {
        *self.0.elapsed.borrow()
    }

    /// Moves the clock and wakes everybody whose time has come.
    pub fn advance(&self, by: Duration) {
        self.0.elapsed.send_modify(|elapsed| *elapsed += by);
    }

    /// Returns as soon as `count` waits are under way, so that a test knows it may [`advance`](Self::advance).
    pub async fn sleepers(&self, count: usize) {
        let mut sleepers = self.0.sleepers.subscribe();
        let enough = sleepers.wait_for(|sleeping| *sleeping >= count).await;
        enough.expect("the clock owns the sender");
    }

    async fn sleep_until(&self, deadline: Duration) {
        if self.0.skips_waits {
            let jump = |elapsed: &mut Duration| *elapsed = deadline.max(*elapsed);
            self.0.elapsed.send_modify(jump);
            return tokio::task::yield_now().await;
        }
        let mut elapsed = self.0.elapsed.subscribe();
        let _counted = Sleeper::new(&self.0.sleepers);
        let reached = elapsed.wait_for(|elapsed| *elapsed >= deadline).await;
        reached.expect("the clock owns the sender");
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts one wait for as long as it lasts, even if it is cancelled.
struct Sleeper<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeper<'a> {
    fn new(sleepers: &'a watch::Sender<usize>) -> Self {
        sleepers.send_modify(|count| *count += 1);
        Self(sleepers)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// The clock of a host.
#[derive(Clone)]
pub(crate) enum Clock {
    Real { start: Instant },
    Virtual(VirtualClock),
}

impl Clock {
    pub(crate) fn real() -> Self {
        Self::Real {
            start: Instant::now(),
        }
    }

    /// Time on the monotonic clock.
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Self::Real { start } => start.elapsed(),
            Self::Virtual(clock) => clock.elapsed(),
        }
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.elapsed().saturating_add(duration))
            .await;
    }

    /// Waits until the monotonic clock reads `deadline`; forever if that cannot be expressed.
    pub(crate) async fn sleep_until(&self, deadline: Duration) {
        match self {
            Self::Virtual(clock) => clock.sleep_until(deadline).await,
            Self::Real { start } => match start.checked_add(deadline) {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            },
        }
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        let now = match self {
            Self::Real { .. } => SystemTime::now(),
            Self::Virtual(clock) => clock.now(),
        };
        now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.elapsed().as_nanos().try_into().unwrap_or(u64::MAX)
    }
}
