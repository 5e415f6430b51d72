//! Turns a form into the request to the API that a program would have sent in its place, so that it is checked,
//! stored and logged in the same way.

use crate::http::{
    header,
    request::{BrokenOff, Incoming, Method, Request, RequestTarget},
};

/// What such a request has besides its method.
#[derive(Default)]
pub struct Translated {
    authority: Option<String>,
    content_type: &'static str,
    if_match: Option<String>,
    idempotency_key: Option<String>,
    body: Vec<u8>,
}

impl Translated {
    /// With a body of this media type.
    pub fn new(authority: Option<String>, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            authority,
            content_type,
            body,
            ..Self::default()
        }
    }

    /// As the same request as any other with this key; an empty one is none.
    pub fn idempotency_key(self, key: &str) -> Self {
        Self {
            idempotency_key: (!key.is_empty()).then(|| key.to_owned()),
            ..self
        }
    }

    /// Only for the version with this entity tag.
    pub fn if_match(self, etag: &str) -> Self {
        Self {
            if_match: Some(etag.to_owned()),
            ..self
        }
    }

    /// With this method. The handlers that take it have their own way to know what it is for.
    pub fn request(self, method: Method) -> Request<Self> {
        Request::new(method, RequestTarget::new(String::new()), self)
    }
}

impl Incoming for Translated {
    fn header(&self, name: &str) -> Vec<Vec<u8>> {
        let text = |value: &Option<String>| value.iter().map(|it| it.clone().into()).collect();
        match name {
            header::CONTENT_TYPE => vec![self.content_type.as_bytes().to_vec()],
            header::IF_MATCH => text(&self.if_match),
            header::IDEMPOTENCY_KEY => text(&self.idempotency_key),
            _ => Vec::new(),
        }
    }

    fn authority(&self) -> Option<String> {
        self.authority.clone()
    }

    async fn read_body(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        take(&self.body);
        Ok(())
    }
}
