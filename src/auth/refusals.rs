//! Logs how many requests had no valid token, in at most one line a second from each instance. Otherwise
//! anyone who guesses keys could fill the log.

use crate::platform::Platform;
use std::{cell::Cell, time::Duration};

const LOG_EVERY: Duration = Duration::from_secs(1);

/// Those of this instance, which has one thread.
struct Refusals {
    /// When the last line was logged, on the platform's [`uptime`](Platform::uptime) clock.
    logged: Cell<Option<Duration>>,
    /// How many there have been since then.
    unlogged: Cell<u64>,
}

/// Notes one, and logs all that were not logged yet if it is time.
pub fn note(platform: &impl Platform) {
    thread_local! {
        static REFUSALS: Refusals = const {
            Refusals {
                logged: Cell::new(None),
                unlogged: Cell::new(0),
            }
        };
    }
    REFUSALS.with(|refusals| refusals.note(platform));
}

impl Refusals {
    fn note(&self, platform: &impl Platform) {
        let count = self.unlogged.get().saturating_add(1);
        self.unlogged.set(count);
        let is_early = |logged| platform.since(logged) < LOG_EVERY;
        if self.logged.get().is_some_and(is_early) {
            return;
        }
        self.logged.set(Some(platform.uptime()));
        self.unlogged.set(0);
        tracing::warn!(count, "unauthorized");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{FakePlatform, logged};

    #[test]
    fn a_second_has_one_line_and_the_next_line_has_the_number_of_all() {
        let ((), lines) = logged(|| {
            let platform = FakePlatform::default();
            for _ in 0..1_000 {
                note(&platform);
            }
            platform.advance(LOG_EVERY - Duration::from_millis(1));
            note(&platform);
            platform.advance(Duration::from_millis(1));
            note(&platform);
            platform.advance(LOG_EVERY);
            note(&platform);
        });
        let counts: Vec<&str> = lines
            .lines()
            .map(|line| line.split(r#""count":"#).nth(1).unwrap())
            .collect();
        let starts = |(line, count): (&&str, &str)| line.starts_with(count);
        assert_eq!(counts.len(), 3, "{lines}");
        assert!(counts.iter().zip(["1", "1001", "1"]).all(starts), "{lines}");
    }
}
