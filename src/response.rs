//! Answers: the body type and the ways to build one.
//!
//! Every answer whose length is known carries `Content-Length`. Without it the host sends chunks, which
//! stall a kept-alive connection for some 40 ms at the closing one.

use crate::{header, store::StoreError};
use futures::{Stream, StreamExt, stream::LocalBoxStream};
use http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;

/// An answer before the boundary turns it into the host's form.
pub struct Response {
    pub status: StatusCode,
    pub body: Body,
    /// A list is all that a handful of headers needs which the host takes one by one; the map of the
    /// `http` crate took 2,700 instructions more a redirect.
    headers: Vec<(&'static str, Cow<'static, str>)>,
    /// More headers, which are the same in all answers of a kind.
    fixed: &'static [(&'static str, &'static str)],
}

/// What follows the headers.
pub enum Body {
    Empty,
    /// Of known length, and in memory.
    Full(Vec<u8>),
    /// For what need not fit into memory. An error breaks the answer off.
    Stream(LocalBoxStream<'static, Result<Vec<u8>, StoreError>>),
}

pub const JSON: &str = "application/json";
/// RFC 9457 section 3.
pub const PROBLEM_JSON: &str = "application/problem+json";
const TEXT: &str = "text/plain";

/// Keeps an API answer out of caches and out of other sites' pages.
const SEAL: [(&str, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

impl Response {
    fn new(status: StatusCode, body: Body) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
            fixed: &[],
        }
    }

    /// With a header that it does not have yet.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that trying again in two seconds is likely to work (RFC 9110 section 10.2.3).
    pub fn retry_soon(self) -> Self {
        self.with(header::RETRY_AFTER, "2")
    }

    /// With the headers that every answer of the API has.
    pub fn sealed(mut self) -> Self {
        self.fixed = &SEAL;
        self
    }

    /// All headers, no name twice.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let own = self.headers.iter().map(|(name, value)| (*name, &**value));
        own.chain(self.fixed.iter().copied())
    }
}

/// An answer without a body. `Content-Length: 0`, except where RFC 9110 section 8.6 forbids it.
pub fn empty(status: StatusCode) -> Response {
    let response = Response::new(status, Body::Empty);
    match status {
        StatusCode::NO_CONTENT => response,
        _ => response.with(header::CONTENT_LENGTH, "0"),
    }
}

/// A short text for people.
pub fn text(status: StatusCode, body: &'static str) -> Response {
    ready_made(status, TEXT, body)
}

/// A body of the given media type that is always the same.
pub fn ready_made(status: StatusCode, media_type: &'static str, body: &'static str) -> Response {
    full(status, media_type, body.into())
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

fn full(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let length = body.len();
    Response::new(status, Body::Full(body))
        .with(header::CONTENT_TYPE, media_type)
        .with(header::CONTENT_LENGTH, length.to_string())
}
