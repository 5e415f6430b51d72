//! The audit log: one event for each attempt to change something. An event has the action, the
//! name of whoever tried, the code, the destination's host, the outcome and the duration. It never has
//! a token or a whole destination, which may be secret.

use super::problem::Problem;
use crate::{
    auth::Caller,
    domain::{Code, Host, Link},
    http::response::Response,
    platform::Platform,
};
use std::time::Duration;

/// What is known about a request so far.
pub struct Audit<'a> {
    /// `None` if the request changes nothing. It is then not logged.
    pub action: Option<&'static str>,
    by: &'a str,
    /// Through what, if not through the API.
    via: Option<&'static str>,
    started: Duration,
    pub code: Option<Code>,
    /// The host of the destination.
    pub host: Option<String>,
    /// Whether the request was sent before, and changes nothing any more.
    pub is_repeat: bool,
    /// How many links an import has created. Each has an event of its own.
    pub created: Option<usize>,
}

impl<'a> Audit<'a> {
    /// For a request that `caller` sent, which began at `started` on the platform's
    /// [`uptime`](Platform::uptime) clock.
    pub fn begin(caller: &'a Caller, started: Duration) -> Self {
        Self {
            action: None,
            by: caller.name.as_str(),
            via: None,
            started,
            code: None,
            host: None,
            is_repeat: false,
            created: None,
        }
    }

    /// The same for a request through something else than the API.
    #[cfg(feature = "admin")]
    pub fn via(self, via: &'static str) -> Self {
        Self {
            via: Some(via),
            ..self
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
            Ok(_) if self.is_repeat => "repeated",
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
        let (by, via) = (self.by, self.via);
        let duration_ms = self.elapsed_ms(platform);
        tracing::info!(
            action,
            by,
            via,
            code,
            host,
            created,
            outcome,
            duration_ms,
            "audit"
        );
    }

    /// The time since the request began.
    fn elapsed_ms(&self, platform: &impl Platform) -> u64 {
        let elapsed = platform.since(self.started).as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}
