//! What can go wrong with an API request, and what the client learns about it (RFC 9457).
//!
//! Within the API, only this module maps errors to statuses; `redirect` does so for visitors.
//! Details for the client are typed. The cause of a 5xx is an [`anyhow::Error`], which goes to the
//! log and never into a response.

mod origins;

use super::{
    edit::MERGE_PATCH,
    wire::{FieldError, LinkView},
};
use crate::{
    auth::Scope,
    config::InvalidVariable,
    http::{
        header,
        response::{self, PROBLEM_JSON, Response},
    },
};
use http::StatusCode;
use serde::Serialize;
use std::{borrow::Cow, slice};

/// Why an API request failed.
#[derive(Debug)]
pub enum Problem {
    /// The body is not valid JSON. The text says why.
    InvalidJson(String),
    /// At least one field breaks a rule.
    InvalidField(Vec<FieldError>),
    /// The body has a field that the API does not know.
    UnknownField(FieldError),
    /// No token, a wrong one, or several. The client is never told which.
    Unauthorized,
    /// The key is valid, but lacks this scope.
    Forbidden(Scope),
    /// No such link, or no such path.
    NotFound,
    /// The code is taken, by this link if its record is readable and the client may read it.
    Conflict(Option<Box<LinkView>>),
    /// The link is not the version that the client means, but this one.
    Changed {
        link: Option<Box<LinkView>>,
        etag: Option<String>,
    },
    /// The `Idempotency-Key` has come with another body before.
    KeyReused,
    /// The links cannot be numbered here.
    NoCatalog,
    /// The operator has not switched counting on.
    NotCounted,
    /// The body is larger than this many bytes.
    PayloadTooLarge(usize),
    /// The body has none of these media types.
    UnsupportedMediaType(&'static [&'static str]),
    /// The path exists, but allows only the methods in this `Allow` header.
    MethodNotAllowed(String),
    /// The store or the variables provider did not answer.
    Unavailable(anyhow::Error),
    /// The store did not list its keys.
    Unlisted(anyhow::Error),
    /// The request failed, but a retry is likely to succeed. The text is for the client.
    TryAgain(&'static str),
    /// Variables that the operator must fix before the API works.
    Misconfigured(Vec<InvalidVariable>),
    /// The stored data is unusable.
    Internal(anyhow::Error),
}

/// The members of RFC 9457 section 3.1, and this API's extensions to them.
#[derive(Serialize)]
struct Document<'a> {
    title: &'static str,
    status: u16,
    detail: Cow<'a, str>,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a LinkView>,
}

impl Problem {
    /// The stable name of this kind of problem.
    pub fn code(&self) -> &'static str {
        self.kind().1
    }

    pub fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// What this kind of problem is, in a few words.
    pub fn title(&self) -> &'static str {
        self.kind().2
    }

    /// The fields that break a rule.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::InvalidField(errors) => errors,
            Self::UnknownField(error) => slice::from_ref(error),
            _ => &[],
        }
    }

    /// The fixed part of each kind: status, code and title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidJson(_) => (S::BAD_REQUEST, "invalid_json", "The body is not valid JSON"),
            Self::InvalidField(_) => (S::BAD_REQUEST, "invalid_field", "A field is invalid"),
            Self::UnknownField(_) => (S::BAD_REQUEST, "unknown_field", "A field is unknown"),
            Self::Unauthorized => (
                S::UNAUTHORIZED,
                "unauthorized",
                "A valid token or key is required",
            ),
            Self::Forbidden(_) => (S::FORBIDDEN, "forbidden", "The key may not do that"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is nothing here"),
            Self::Conflict(_) => (S::CONFLICT, "conflict", "The code is already taken"),
            Self::NoCatalog => (S::CONFLICT, "no_catalog", "There can be no catalog here"),
            Self::NotCounted => (S::CONFLICT, "not_counted", "Clicks are not counted"),
            Self::Changed { .. } => (
                S::PRECONDITION_FAILED,
                "changed",
                "The link is another version",
            ),
            Self::KeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The Idempotency-Key belongs to another request",
            ),
            Self::PayloadTooLarge(_) => (
                S::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "The body is too large",
            ),
            Self::UnsupportedMediaType(_) => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body has the wrong media type",
            ),
            Self::MethodNotAllowed(_) => (
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The method is not allowed here",
            ),
            Self::Unavailable(_) | Self::Unlisted(_) | Self::TryAgain(_) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service cannot answer right now",
            ),
            Self::Misconfigured(_) => (
                S::SERVICE_UNAVAILABLE,
                "misconfigured",
                "The service is misconfigured",
            ),
            Self::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "The service failed to answer",
            ),
        }
    }

    /// A sentence for the person who reads the response.
    pub fn detail(&self) -> Cow<'_, str> {
        match self {
            Self::InvalidJson(text) => text.into(),
            Self::InvalidField(errors) => sentence(errors).into(),
            Self::UnknownField(error) => sentence(slice::from_ref(error)).into(),
            Self::Unauthorized => {
                "Send the header Authorization: Bearer <admin_token or a key of api_keys>.".into()
            }
            Self::Forbidden(Scope::Admin) => "Only the admin token may do this.".into(),
            Self::Forbidden(scope) => format!("The key lacks the scope {}.", scope.name()).into(),
            Self::NotFound => "No such link or path.".into(),
            Self::Conflict(_) => "Another link has this code. Choose another, or none.".into(),
            Self::NoCatalog => concat!(
                "A catalog needs the Spin variable claims = auto and a store with an atomic increment. ",
                "Without it, lists are in the order of the codes."
            )
            .into(),
            Self::Changed { .. } => concat!(
                "The link is not the version that If-Match or If-None-Match names. Read it, and decide ",
                "anew."
            )
            .into(),
            Self::KeyReused => concat!(
                "This Idempotency-Key came with another body before. Send what it came with, or a new ",
                "key for a new link."
            )
            .into(),
            Self::NotCounted => "Set the Spin variable clicks to total or daily.".into(),
            Self::PayloadTooLarge(limit) => format!("The limit is {limit} bytes.").into(),
            Self::UnsupportedMediaType(wanted) => {
                let wanted = wanted.join(" or ");
                format!("Send the body with the header Content-Type: {wanted}.").into()
            }
            Self::MethodNotAllowed(allow) => format!("Allowed here: {allow}.").into(),
            Self::Unavailable(_) => {
                "The store or the variables provider did not answer. Try again in a moment.".into()
            }
            Self::Unlisted(_) => concat!(
                "The store did not list its keys. Try again in a moment. If it holds more keys than its host ",
                "can list at once, read links one by one and back up the store itself."
            )
            .into(),
            Self::TryAgain(text) => (*text).into(),
            Self::Misconfigured(variables) => {
                let named: Vec<_> = variables.iter().map(ToString::to_string).collect();
                named.join("; ").into()
            }
            Self::Internal(_) => "The stored data could not be read; see the log.".into(),
        }
    }

    /// Logs what the client is not told.
    pub fn log(&self) {
        match self {
            Self::Unavailable(cause) | Self::Unlisted(cause) => {
                tracing::error!(error = chain(cause), "unavailable");
            }
            Self::Internal(cause) => tracing::error!(error = chain(cause), "internal error"),
            _ => {}
        }
    }

    fn document(&self) -> Document<'_> {
        let (status, code, title) = self.kind();
        Document {
            title,
            status: status.as_u16(),
            detail: self.detail(),
            code,
            errors: self.fields(),
            scope: match self {
                Self::Forbidden(scope) => Some(scope.name()),
                _ => None,
            },
            link: match self {
                Self::Conflict(link) | Self::Changed { link, .. } => link.as_deref(),
                _ => None,
            },
        }
    }

    /// The response, as `application/problem+json` (RFC 9457).
    pub fn into_response(self) -> Response {
        let response = response::json(self.status(), PROBLEM_JSON, &self.document());
        match self {
            Self::Unauthorized => response.with(header::WWW_AUTHENTICATE, "Bearer"),
            Self::MethodNotAllowed(allow) => response.with(header::ALLOW, allow),
            Self::Changed {
                etag: Some(etag), ..
            } => response.with(header::ETAG, etag),
            // RFC 5789 section 2.2.
            Self::UnsupportedMediaType([MERGE_PATCH]) => {
                response.with(header::ACCEPT_PATCH, MERGE_PATCH)
            }
            Self::Unavailable(_) | Self::Unlisted(_) | Self::TryAgain(_) => response.retry_soon(),
            _ => response,
        }
    }
}

/// The error and all its causes, on one line.
fn chain(cause: &anyhow::Error) -> String {
    format!("{cause:#}")
}

fn sentence(errors: &[FieldError]) -> String {
    let named = |error: &FieldError| format!("{} {}", error.field, error.detail);
    errors.iter().map(named).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::Body;
    use std::collections::BTreeMap;

    fn body(response: &Response) -> serde_json::Value {
        match &response.body {
            Body::Full(bytes) => serde_json::from_slice(bytes).unwrap(),
            Body::Empty | Body::Stream(_) => serde_json::Value::Null,
        }
    }

    type Headers = &'static [(&'static str, &'static str)];

    fn every_problem() -> Vec<(Problem, u16, &'static str, Headers)> {
        let field = FieldError::new("url", "scheme", "must begin with http:// or https://");
        let variable = InvalidVariable {
            variable: "claims",
            rule: "must be auto or optimistic".to_owned(),
        };
        let secret = || anyhow::anyhow!("SECRET");
        vec![
            (Problem::InvalidJson("x".into()), 400, "invalid_json", &[]),
            (
                Problem::InvalidField(vec![field.clone()]),
                400,
                "invalid_field",
                &[],
            ),
            (Problem::UnknownField(field), 400, "unknown_field", &[]),
            (
                Problem::Unauthorized,
                401,
                "unauthorized",
                &[("www-authenticate", "Bearer")],
            ),
            (Problem::Forbidden(Scope::Edit), 403, "forbidden", &[]),
            (Problem::NotFound, 404, "not_found", &[]),
            (Problem::Conflict(None), 409, "conflict", &[]),
            (Problem::NoCatalog, 409, "no_catalog", &[]),
            (Problem::NotCounted, 409, "not_counted", &[]),
            (
                Problem::Changed {
                    link: None,
                    etag: Some("\"a\"".to_owned()),
                },
                412,
                "changed",
                &[("etag", "\"a\"")],
            ),
            (Problem::KeyReused, 422, "idempotency_key_reused", &[]),
            (Problem::PayloadTooLarge(9), 413, "payload_too_large", &[]),
            (
                Problem::UnsupportedMediaType(&["a/b"]),
                415,
                "unsupported_media_type",
                &[],
            ),
            (
                Problem::UnsupportedMediaType(&[MERGE_PATCH]),
                415,
                "unsupported_media_type",
                &[("accept-patch", MERGE_PATCH)],
            ),
            (
                Problem::MethodNotAllowed("GET".to_owned()),
                405,
                "method_not_allowed",
                &[("allow", "GET")],
            ),
            (
                Problem::Unavailable(secret()),
                503,
                "unavailable",
                &[("retry-after", "2")],
            ),
            (
                Problem::Unlisted(secret()),
                503,
                "unavailable",
                &[("retry-after", "2")],
            ),
            (
                Problem::TryAgain("later"),
                503,
                "unavailable",
                &[("retry-after", "2")],
            ),
            (
                Problem::Misconfigured(vec![variable]),
                503,
                "misconfigured",
                &[],
            ),
            (Problem::Internal(secret()), 500, "internal", &[]),
        ]
    }

    #[test]
    fn each_problem_has_its_status_code_and_headers() {
        for (problem, status, code, headers) in every_problem() {
            let response = problem.into_response();
            assert_eq!(response.status, status);
            let body = body(&response);
            let sent: BTreeMap<_, _> = response.headers().collect();
            assert_eq!(sent[header::CONTENT_TYPE], "application/problem+json");
            for (name, value) in headers {
                assert_eq!(sent[name], *value, "{code}");
            }
            assert_eq!(body["status"], status);
            assert_eq!(body["code"], code);
            assert!(body["title"].is_string() && body["detail"].is_string());
        }
    }

    #[test]
    fn no_answer_carries_an_internal_message() {
        for (problem, ..) in every_problem() {
            let text = body(&problem.into_response()).to_string();
            assert!(!text.contains("SECRET"), "{text}");
        }
    }

    #[test]
    fn field_errors_name_the_field_and_the_rule() {
        let error = FieldError::new("url", "scheme", "must begin with http:// or https://");
        let body = body(&Problem::InvalidField(vec![error]).into_response());
        assert_eq!(body["errors"][0]["field"], "url");
        assert_eq!(body["errors"][0]["code"], "scheme");
        assert_eq!(body["detail"], "url must begin with http:// or https://");
    }

    #[test]
    fn a_misconfiguration_names_the_variable() {
        let variable = InvalidVariable {
            variable: "claims",
            rule: "must be auto or optimistic".to_owned(),
        };
        let body = body(&Problem::Misconfigured(vec![variable]).into_response());
        let detail = "the Spin variable claims must be auto or optimistic";
        assert_eq!(body["detail"], detail);
    }
}
