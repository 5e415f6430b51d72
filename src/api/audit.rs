//! The audit log: one event for each attempt to change something. An event has the action, the
//! code, the destination's host, the outcome and the duration. It never has a token or a whole
//! destination, which may be secret.

use super::problem::Problem;
use crate::{
    domain::{Code, Host, Link},
    http::response::Response,
    platform::Platform,
};
use std::time::Duration;

/// What is known about a request so far.
pub struct Audit {
    /// `None` if the request changes nothing. It is then not logged.
    pub action: Option<&'static str>,
    started: Duration,
    pub code: Option<Code>,
    /// The host of the destination.
    pub host: Option<String>,
    /// How many links an import has created. Each has an event of its own.
    pub created: Option<usize>,
}

impl Audit {
    pub fn begin(platform: &impl Platform) -> Self {
        Self {
            action: None,
            started: platform.uptime(),
            code: None,
            host: None,
            created: None,
        }
    }

    /// Logs one link that an import created.
    pub fn imported(&mut self, link: &Link, platform: &impl Platform) {
        self.created = self.created.map(|created| created.saturating_add(1));
        let host = link.destination.host().map_or("", Host::as_str);
        let link = (link.code.as_str(), host);
        self.report("import", Some(link), None, "ok", platform);
    }

    pub fn end(self, answer: &Result<Response, Problem>, platform: &impl Platform) {
        let Some(action) = self.action else {
            return;
        };
        let outcome = match answer {
            Ok(_) => "ok",
            Err(problem) => problem.code(),
        };
        let link = match self.created {
            Some(_) => None,
            None => {
                let code = self.code.as_ref().map_or("", Code::as_str);
                Some((code, self.host.as_deref().unwrap_or_default()))
            }
        };
        self.report(action, link, self.created, outcome, platform);
    }

    /// Logs the event, without the fields that are `None`.
    fn report(
        &self,
        action: &str,
        link: Option<(&str, &str)>,
        created: Option<usize>,
        outcome: &str,
        platform: &impl Platform,
    ) {
        let (code, host) = link.unzip();
        let duration_ms = self.elapsed_ms(platform);
        tracing::info!(action, code, host, created, outcome, duration_ms, "audit");
    }

    /// The time since the request began.
    fn elapsed_ms(&self, platform: &impl Platform) -> u64 {
        let elapsed = platform.since(self.started).as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}
