//! What can go wrong with an API request, and what the client is told of it (RFC 9457).
//!
//! The one place where an error becomes a status. What the client gets and what the log gets are
//! kept apart: the answer to a 5xx never carries the text of an internal error.

use crate::{
    config::InvalidVariable,
    header,
    response::{self, PROBLEM_JSON, Response},
    wire::LinkView,
};
use http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;

/// Why an API request was not carried out.
#[derive(Debug)]
pub enum Problem {
    /// The body is not JSON. The text says where it stops being so.
    InvalidJson(String),
    /// At least one field breaks a rule.
    InvalidField(Vec<FieldError>),
    /// The body has a field that the API does not know.
    UnknownField(FieldError),
    /// No token, a wrong one, or several: never said which.
    Unauthorized,
    /// No such link, or no such path.
    NotFound,
    /// The code is taken. The link that has it, where it could be read.
    Conflict(Option<Box<LinkView>>),
    /// The body is larger than so many bytes.
    PayloadTooLarge(usize),
    /// The body is of none of these media types.
    UnsupportedMediaType(&'static [&'static str]),
    /// The path exists, but only with these methods.
    MethodNotAllowed(&'static str),
    /// The store or the variables provider did not answer. The text is for the log.
    Unavailable(String),
    /// The store did not list its keys. The text is for the log.
    Unlisted(String),
    /// Nothing was done, and trying again soon is likely to work. The text is for the client.
    TryAgain(&'static str),
    /// Variables that are to be mended before anything is changed.
    Misconfigured(Vec<InvalidVariable>),
    /// The stored data cannot be used. The text is for the log.
    Internal(String),
}

/// One broken rule: which field, a stable name for the rule, and the rule in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub code: Cow<'static, str>,
    pub detail: String,
}

/// The document of [`Problem::Unauthorized`], ready made: any stranger can ask for it, as often as he likes.
const UNAUTHORIZED: &str = concat!(
    r#"{"title":"A valid admin token is required","status":401,"#,
    r#""detail":"Send the header Authorization: Bearer <admin_token>.","code":"unauthorized"}"#
);

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
    link: Option<&'a LinkView>,
}

impl Problem {
    /// The stable name of this kind of problem.
    pub fn code(&self) -> &'static str {
        self.kind().1
    }

    /// Status, machine code and title: the fixed part of each kind.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidJson(_) => (S::BAD_REQUEST, "invalid_json", "The body is not valid JSON"),
            Self::InvalidField(_) => (S::BAD_REQUEST, "invalid_field", "A field is invalid"),
            Self::UnknownField(_) => (S::BAD_REQUEST, "unknown_field", "A field is unknown"),
            Self::Unauthorized => (
                S::UNAUTHORIZED,
                "unauthorized",
                "A valid admin token is required",
            ),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is nothing here"),
            Self::Conflict(_) => (S::CONFLICT, "conflict", "The code is already taken"),
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

    /// A sentence for the person who reads the answer.
    pub fn detail(&self) -> Cow<'_, str> {
        match self {
            Self::InvalidJson(text) => text.into(),
            Self::InvalidField(errors) => sentence(errors).into(),
            Self::UnknownField(error) => sentence(std::slice::from_ref(error)).into(),
            Self::Unauthorized => "Send the header Authorization: Bearer <admin_token>.".into(),
            Self::NotFound => "No such link or path.".into(),
            Self::Conflict(_) => "Another link has this code. Choose another, or none.".into(),
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
                "The store did not list its keys. Try again in a moment; if it holds more keys than its host ",
                "lists at once, read links one by one, and back up the store itself."
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

    /// Writes what the client is not told to the log.
    pub fn log(&self) {
        match self {
            Self::Unavailable(error) | Self::Unlisted(error) => {
                tracing::error!(error, "unavailable");
            }
            Self::Internal(error) => tracing::error!(error, "internal error"),
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
            errors: match self {
                Self::InvalidField(errors) => errors,
                Self::UnknownField(error) => std::slice::from_ref(error),
                _ => &[],
            },
            link: match self {
                Self::Conflict(link) => link.as_deref(),
                _ => None,
            },
        }
    }

    /// The answer, as `application/problem+json` (RFC 9457).
    pub fn into_response(self) -> Response {
        let (status, ..) = self.kind();
        let response = match self {
            Self::Unauthorized => response::ready_made(status, PROBLEM_JSON, UNAUTHORIZED),
            _ => response::json(status, PROBLEM_JSON, &self.document()),
        };
        match self {
            Self::Unauthorized => response.with(header::WWW_AUTHENTICATE, "Bearer"),
            Self::MethodNotAllowed(allow) => response.with(header::ALLOW, allow),
            Self::Unavailable(_) | Self::Unlisted(_) | Self::TryAgain(_) => response.retry_soon(),
            _ => response,
        }
    }
}

impl FieldError {
    pub fn new(field: &str, code: impl Into<Cow<'static, str>>, rule: impl ToString) -> Self {
        Self {
            field: field.to_owned(),
            code: code.into(),
            detail: rule.to_string(),
        }
    }
}

fn sentence(errors: &[FieldError]) -> String {
    let named = |error: &FieldError| format!("{} {}", error.field, error.detail);
    errors.iter().map(named).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Body;
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
        let secret = || "SECRET".to_owned();
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
            (Problem::NotFound, 404, "not_found", &[]),
            (Problem::Conflict(None), 409, "conflict", &[]),
            (Problem::PayloadTooLarge(9), 413, "payload_too_large", &[]),
            (
                Problem::UnsupportedMediaType(&["a/b"]),
                415,
                "unsupported_media_type",
                &[],
            ),
            (
                Problem::MethodNotAllowed("GET"),
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
    fn the_ready_made_document_is_the_one_that_would_be_serialised() {
        let document = serde_json::to_string(&Problem::Unauthorized.document());
        assert_eq!(document.unwrap(), UNAUTHORIZED);
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
