//! A request that comes from nowhere.

use url_shortener::http::request::{BrokenOff, Incoming, Method, Request, RequestTarget};

/// What a client sends besides method and target. Without anything at first.
#[derive(Clone, Debug, Default)]
pub struct FakeRequest {
    headers: Vec<(String, Vec<u8>)>,
    authority: Option<String>,
    chunks: Vec<Vec<u8>>,
    broken_off: bool,
}

impl FakeRequest {
    /// With one more header field.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = name.to_ascii_lowercase();
        self.headers.push((name, value.as_ref().to_owned()));
        self
    }

    /// With a `Host` that the host of the component keeps apart.
    pub fn authority(mut self, authority: &str) -> Self {
        self.authority = Some(authority.to_owned());
        self
    }

    /// With one more chunk of its body.
    pub fn chunk(mut self, chunk: impl AsRef<[u8]>) -> Self {
        self.chunks.push(chunk.as_ref().to_owned());
        self
    }

    /// The client goes away after the last chunk.
    pub fn broken_off(mut self) -> Self {
        self.broken_off = true;
        self
    }

    pub fn get(self, target: &str) -> Request<Self> {
        self.send(Method::Get, target)
    }

    pub fn post(self, target: &str) -> Request<Self> {
        self.send(Method::Post, target)
    }

    pub fn send(self, method: Method, target: &str) -> Request<Self> {
        Request::new(method, RequestTarget::new(target.to_owned()), self)
    }
}

impl Incoming for FakeRequest {
    fn header(&self, name: &str) -> Vec<Vec<u8>> {
        let named = self.headers.iter().filter(|field| field.0 == name);
        named.map(|field| field.1.clone()).collect()
    }

    fn authority(&self) -> Option<String> {
        self.authority.clone()
    }

    async fn read_body(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        for chunk in self.chunks {
            if !take(&chunk) {
                return Ok(());
            }
        }
        match self.broken_off {
            true => Err(BrokenOff),
            false => Ok(()),
        }
    }
}
