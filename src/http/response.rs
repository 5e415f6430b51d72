//! A response, and the ways to build one.
//!
//! Every response whose length is known carries `Content-Length`. Without it the host sends chunks,
//! and a kept-alive connection stalls at the closing one.

use super::header;
use crate::store::StoreError;
use futures::{Stream, StreamExt, stream::LocalBoxStream};
use http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;

/// A response before a component turns it into the host's form.
pub struct Response {
    pub status: StatusCode,
    pub body: Body,
    /// A list, because the host takes header fields one by one, and there are few.
    headers: Vec<(&'static str, Cow<'static, str>)>,
}

/// What follows the headers.
pub enum Body {
    Empty,
    /// In memory, so of known length.
    Full(Vec<u8>),
    /// For what need not fit into memory. An error breaks the response off.
    Stream(LocalBoxStream<'static, Result<Vec<u8>, StoreError>>),
}

pub const JSON: &str = "application/json";
/// RFC 9457 section 3.
pub const PROBLEM_JSON: &str = "application/problem+json";
const TEXT: &str = "text/plain";

impl Response {
    fn new(status: StatusCode, body: Body) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// Adds a header field that the response does not have yet.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The response to `HEAD`: what `GET` gets, without the body (RFC 9110 section 9.3.2).
    pub fn without_body(mut self) -> Self {
        self.body = Body::Empty;
        self
    }

    /// Says that a retry in two seconds is likely to succeed (RFC 9110 section 10.2.3).
    pub fn retry_soon(self) -> Self {
        self.with(header::RETRY_AFTER, "2")
    }

    /// Keeps the response out of caches and out of the pages of other sites.
    pub fn private(self) -> Self {
        self.with(header::CACHE_CONTROL, "no-store")
            .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .with(
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'",
            )
    }

    /// All header fields, no name twice.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, &**value))
    }
}

/// A response without a body. It says `Content-Length: 0`, except where RFC 9110 section 8.6
/// forbids that.
pub fn empty(status: StatusCode) -> Response {
    let response = Response::new(status, Body::Empty);
    match status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => response,
        _ => response.with(header::CONTENT_LENGTH, "0"),
    }
}

/// A short text for people.
pub fn text(status: StatusCode, body: &'static str) -> Response {
    full(status, TEXT, body.into())
}

/// A short text that says why there is no redirect. No cache may keep it: 404, 405 and 410 may be
/// cached without being told to (RFC 9110 section 15.1), and would hide a link that comes later.
pub fn refusal(status: StatusCode, body: &'static str) -> Response {
    text(status, body).with(header::CACHE_CONTROL, "no-store")
}

/// `value` as JSON of the given media type.
pub fn json(status: StatusCode, media_type: &'static str, value: &impl Serialize) -> Response {
    // The wire types hold strings, numbers and lists of them, which always serialise.
    let body = serde_json::to_vec(value).unwrap_or_default();
    full(status, media_type, body)
}

/// Chunks of the given media type, sent as they come.
pub fn stream(
    media_type: &'static str,
    chunks: impl Stream<Item = Result<Vec<u8>, StoreError>> + 'static,
) -> Response {
    let body = Body::Stream(chunks.boxed_local());
    Response::new(StatusCode::OK, body).with(header::CONTENT_TYPE, media_type)
}

/// `body`, of the given media type.
pub fn full(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let length = body.len();
    Response::new(status, Body::Full(body))
        .with(header::CONTENT_TYPE, media_type)
        .with(header::CONTENT_LENGTH, length.to_string())
}
