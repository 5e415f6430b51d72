//! `TestRequest`: what a test asks, of a shortener or of whatever else listens at an address.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{answer::Answer, openapi::Case};

/// A request about to be sent, on a connection of its own.
pub struct TestRequest {
    address: SocketAddr,
    request: Request<Bytes>,
    /// Whether docs/openapi.yaml speaks of it.
    is_to_the_shortener: bool,
}

impl TestRequest {
    /// To whatever it may be that listens there.
    pub fn new(address: SocketAddr, method: Method, path: &str) -> Self {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        let request = Self {
            address,
            request,
            is_to_the_shortener: false,
        };
        request.host(&address.to_string())
    }

    /// To a shortener, whose answer is held against docs/openapi.yaml.
    pub fn to_the_shortener(address: SocketAddr, method: Method, path: &str) -> Self {
        Self {
            is_to_the_shortener: true,
            ..Self::new(address, method, path)
        }
    }

    /// Adds a header; a second one of the same name does not replace the first.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().expect("a header value");
        self.request.headers_mut().append(name, value);
        self
    }

    /// Asks for another host than the one that answers.
    pub fn host(mut self, host: &str) -> Self {
        let host = host.parse().expect("a header value");
        self.request.headers_mut().insert(header::HOST, host);
        self
    }

    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub fn json(self, body: impl Into<Bytes>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// With a JSON Merge Patch.
    pub fn merge_patch(self, body: impl Into<Bytes>) -> Self {
        let media_type = "application/merge-patch+json";
        self.header("content-type", media_type).body(body)
    }

    /// The answer, after a look at what must hold of every one.
    pub async fn send(self) -> Answer {
        let api = self.request.uri().path().starts_with("/_api/");
        let answer = self.send_unchecked().await;
        answer.check(api);
        answer
    }

    /// The answer of whatever it may be.
    pub async fn send_unchecked(self) -> Answer {
        self.try_send().await.expect("a whole answer")
    }

    /// The answer, or `None` if the connection ended before it did.
    pub async fn try_send(self) -> Option<Answer> {
        Some(self.send_as_case().await?.0)
    }

    /// The same, and what docs/openapi.yaml says of it, if it does.
    pub async fn send_as_case(self) -> Option<(Answer, Option<Case>)> {
        let stream = TcpStream::connect(self.address).await;
        let stream = TokioIo::new(stream.expect("a connection"));
        let (mut client, connection) = http1::handshake(stream).await.expect("HTTP");
        tokio::spawn(connection);
        let request = self.request.clone().map(Full::new);
        let answer = client.send_request(request).await.ok()?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        };
        let case = match self.is_to_the_shortener {
            true => answer.documented_case(&self.request),
            false => None,
        };
        Some((answer, case))
    }
}
