//! The access log: one `redirect` event for each redirected `GET`. It is off unless the operator sets
//! `log_redirects`.
//!
//! An event says where the visitor came from, where the link leads and what kind of client it was.
//! It does not identify the visitor: it has no IP address, and no path or query of another site.

use crate::{
    domain::{Code, Host},
    http::{
        agent::Agent,
        header,
        request::{Incoming, Request},
    },
};
use url::Url;

/// The maximum length of a host name (RFC 1035 section 2.3.4), in bytes. A longer one is not
/// logged: a visitor can send anything as `Referer`.
const MAX_HOST_BYTES: usize = 255;

/// Logs that `code` redirected the visitor who sent `request` to `location`.
pub fn log(code: &Code, location: &str, request: &Request<impl Incoming>) {
    let host = host_of(location);
    let referrer = request
        .header(header::REFERER)
        .and_then(|referrer| host_of(&referrer));
    let agent = Agent::of(request).as_str();
    tracing::info!(code = code.as_str(), host, referrer, agent, "redirect");
}

fn host_of(url: &str) -> Option<String> {
    let host = Host::of_url(&Url::parse(url).ok()?)?.to_string();
    (host.len() <= MAX_HOST_BYTES).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{FakeRequest, logged};
    use serde_json::{Value, json};

    /// The event without what every event has.
    fn event(location: &str, fields: &[(&'static str, &str)]) -> Value {
        let request = fields
            .iter()
            .fold(FakeRequest::default(), |request, (name, value)| {
                request.header(name, value)
            });
        let code = Code::parse("aka").unwrap();
        let ((), line) = logged(|| log(&code, location, &request.get("/aka")));
        let mut event: Value = serde_json::from_str(&line).unwrap();
        let members = event.as_object_mut().unwrap();
        for common in ["time", "level"] {
            assert!(members.remove(common).is_some(), "{line}");
        }
        event
    }

    #[test]
    fn a_visit_is_told_by_hosts_and_the_kind_of_client_only() {
        let told = event(
            "https://Akamai.com./path?q=private",
            &[
                (header::REFERER, "https://news.example:8443/article?user=7"),
                (header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64)"),
            ],
        );
        let expected = json!({
            "event": "redirect",
            "code": "aka",
            "host": "akamai.com",
            "referrer": "news.example",
            "agent": "browser",
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn what_a_visitor_does_not_say_is_left_out() {
        let expected = json!({
            "event": "redirect", "code": "aka", "host": "akamai.com", "agent": "unknown",
        });
        assert_eq!(event("https://akamai.com", &[]), expected);
        let endless = format!("https://{}/", "a".repeat(400_000));
        for nonsense in ["about:blank", &endless] {
            let headers = [(header::REFERER, nonsense)];
            assert_eq!(event("https://akamai.com", &headers), expected);
        }
    }
}
