//! A request as the library reads it.

use url_shortener::http::{
    body::CHUNK_BYTES,
    request::{BrokenOff, Incoming, Method, Request, RequestTarget},
};
use wasi::{
    http::types::{self, IncomingRequest},
    io::streams::StreamError,
};

#[inline]
pub fn from_host(request: IncomingRequest) -> Request<HostRequest> {
    let method = method(&request.method());
    let target = RequestTarget::new(request.path_with_query().unwrap_or_default());
    Request::new(method, target, HostRequest(request))
}

/// The host's side of a request.
pub struct HostRequest(IncomingRequest);

#[inline]
fn method(method: &types::Method) -> Method {
    match method {
        types::Method::Get => Method::Get,
        types::Method::Head => Method::Head,
        types::Method::Post => Method::Post,
        types::Method::Put => Method::Put,
        types::Method::Patch => Method::Patch,
        types::Method::Delete => Method::Delete,
        types::Method::Options => Method::Options,
        _ => Method::Other,
    }
}

impl Incoming for HostRequest {
    #[inline]
    fn header(&self, name: &str) -> Vec<Vec<u8>> {
        self.0.headers().get(&name.to_owned())
    }

    #[inline]
    fn authority(&self) -> Option<String> {
        self.0.authority()
    }

    #[inline]
    async fn read_body(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        // The stream is declared last so that it is dropped first: WASI requires it to be dropped
        // before its body.
        let body = self.0.consume().map_err(|()| BrokenOff)?;
        let stream = body.stream().map_err(|()| BrokenOff)?;
        loop {
            match stream.blocking_read(CHUNK_BYTES as u64) {
                Ok(chunk) if take(&chunk) => (),
                Ok(_) | Err(StreamError::Closed) => return Ok(()),
                Err(StreamError::LastOperationFailed(_)) => return Err(BrokenOff),
            }
        }
    }
}
