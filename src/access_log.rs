//! The access log: one `redirect` event for each redirected visitor, so that clicks can be counted
//! without a write to the store. It is off unless the operator sets `log_redirects`.
//!
//! An event says where the visitor came from, where the link leads and what kind of client it was.
//! It does not identify the visitor: it has no IP address, and no path or query of another site.

use crate::{
    domain::{Code, Host},
    http::{
        header,
        request::{Incoming, Request},
    },
};
use url::Url;

/// Parts of the `User-Agent` of a bot that identifies itself as one, in lower case.
const BOT_MARKS: [&str; 6] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "facebookexternal",
];

/// The maximum length of a host name (RFC 1035 section 2.3.4), in bytes. A longer one is not
/// logged: a visitor can send anything as `Referer`.
const MAX_HOST_BYTES: usize = 255;

/// Logs that `code` redirected the visitor who sent `request` to `location`.
pub fn log(code: &Code, location: &str, request: &Request<impl Incoming>) {
    let host = host_of(location);
    let referrer = request
        .header(header::REFERER)
        .and_then(|referrer| host_of(&referrer));
    let user_agent = request.header(header::USER_AGENT).unwrap_or_default();
    let agent = agent_class(&user_agent);
    tracing::info!(code = code.as_str(), host, referrer, agent, "redirect");
}

fn host_of(url: &str) -> Option<String> {
    let host = Host::of_url(&Url::parse(url).ok()?)?.to_string();
    (host.len() <= MAX_HOST_BYTES).then_some(host)
}

/// Names the kind of client, according to how it describes itself.
fn agent_class(user_agent: &str) -> &'static str {
    let lower = user_agent.to_ascii_lowercase();
    if lower.is_empty() {
        "unknown"
    } else if BOT_MARKS.iter().any(|mark| lower.contains(mark)) {
        "bot"
    } else if lower.starts_with("mozilla/") {
        "browser"
    } else {
        "program"
    }
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

    #[test]
    fn clients_are_told_apart_as_they_describe_themselves() {
        for (user_agent, class) in [
            ("", "unknown"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "browser"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1)", "bot"),
            ("facebookexternalhit/1.1", "bot"),
            ("Mozilla/5.0 (compatible; Yahoo! Slurp)", "bot"),
            ("curl/8.5.0", "program"),
            ("python-requests/2.32", "program"),
        ] {
            assert_eq!(agent_class(user_agent), class, "{user_agent}");
        }
    }
}
