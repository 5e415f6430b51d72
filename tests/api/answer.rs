//! `Answer`: what came back, what must hold of it whatever was asked, and the forms it has.

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use serde_json::Value;

use crate::openapi::{Case, Exchange};

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// What must hold of every answer.
    pub fn check(&self, api: bool) {
        let length = self.headers.contains_key(header::CONTENT_LENGTH);
        let none = [204, 304].contains(&self.status)
            || self.header("content-type") == "application/x-ndjson";
        assert_ne!(length, none, "content-length: {self:?}");
        if api {
            assert_eq!(self.header("cache-control"), "no-store");
            assert_eq!(self.header("x-content-type-options"), "nosniff");
            let policy = "default-src 'none'; frame-ancestors 'none'";
            assert_eq!(self.header("content-security-policy"), policy);
        }
    }

    /// Holds it and what was asked against docs/openapi.yaml.
    pub fn documented_case(&self, request: &Request<Bytes>) -> Option<Case> {
        let exchange = Exchange {
            method: request.method(),
            target: request.uri(),
            sent_headers: request.headers(),
            sent: request.body(),
            status: self.status,
            headers: &self.headers,
            body: &self.body,
        };
        exchange.check().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// The value of a header that is there once; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("ASCII"));
        assert!(values.next().is_none(), "two {name}: {self:?}");
        value.unwrap_or_default()
    }

    /// Everything but the date, to tell whether two answers are alike.
    pub fn whole(&self) -> String {
        let Self {
            status,
            headers,
            body,
        } = self;
        let mut headers = headers.clone();
        headers.remove(header::DATE);
        format!("{status} {headers:?} {body:?}")
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The machine code of a problem, after a look at the rest of it.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        for member in ["title", "detail"] {
            assert!(problem[member].is_string(), "no {member}: {problem}");
        }
        let code = problem["code"].as_str().expect("a code");
        code.to_owned()
    }

    /// The fields that broke a rule, each as `field code`.
    pub fn field_errors(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named = |error: &Value| {
            let text = |key: &str| error[key].as_str().expect("text").to_owned();
            assert!(!text("detail").is_empty());
            format!("{} {}", text("field"), text("code"))
        };
        errors.iter().map(named).collect()
    }

    /// The answer to a visitor who cannot be sent on: status and text.
    #[track_caller]
    pub fn assert_text(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.text()), (status, text));
        assert_eq!(self.header("content-type"), "text/plain");
        // A cache that kept it would hide a link that comes later.
        if status >= 400 {
            assert_eq!(self.header("cache-control"), "no-store");
        }
    }

    /// A redirect with the manifest's defaults.
    #[track_caller]
    pub fn assert_redirects_to(&self, location: &str) {
        assert_eq!((self.status, self.location()), (301, location));
        assert_eq!(self.text(), "");
        assert_eq!(self.header("cache-control"), "private, max-age=90");
        assert_eq!(self.header("x-robots-tag"), "noindex");
    }
}
