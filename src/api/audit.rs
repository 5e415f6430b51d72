//! One event for each attempt to change something: what was tried, by code and destination host,
//! how it ended, and how long it took. Never a token, never a whole destination.

use crate::{platform::Platform, problem::Problem, response::Response};
use std::time::Duration;

/// What is known of a request while it runs.
pub struct Audit {
    /// `None`: the request changes nothing, and is not reported.
    pub action: Option<&'static str>,
    started: Duration,
    pub code: String,
    /// The host of the destination.
    pub host: String,
    /// Links created by an import.
    pub created: Option<usize>,
}

impl Audit {
    pub fn begin(platform: &impl Platform) -> Self {
        Self {
            action: None,
            started: platform.uptime(),
            code: String::new(),
            host: String::new(),
            created: None,
        }
    }

    pub fn end(self, answer: &Result<Response, Problem>, platform: &impl Platform) {
        let Some(action) = self.action else {
            return;
        };
        let outcome = match answer {
            Ok(_) => "ok",
            Err(problem) => problem.code(),
        };
        let elapsed = platform.uptime().saturating_sub(self.started);
        let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        match self.created {
            Some(created) => {
                tracing::info!(action, created, outcome, duration_ms, "audit");
            }
            None => {
                let (code, host) = (self.code.as_str(), self.host.as_str());
                tracing::info!(action, code, host, outcome, duration_ms, "audit");
            }
        }
    }
}
