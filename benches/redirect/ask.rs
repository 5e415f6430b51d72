//! What is asked of a component, with the headers a browser sends.

use bytes::Bytes;
use http::{Method, Request, header, request::Builder};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use crate::links;

/// The admin token of every host here.
pub const TOKEN: &str = "benchmark-token-4f1a8b62";

pub type Question = Request<Full<Bytes>>;

/// A kind of request that a load is made of.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Ask {
    /// A redirect of one of so many links.
    Follow { links: usize },
    /// A new link with a generated code.
    Create,
    /// The newest 100 links.
    NewestPage,
    /// 100 links from any of so many on.
    AnyPage { links: usize },
    /// The newest 100 links, as a page in a browser.
    AdminPage(Session),
}

/// Somebody who is signed in: when the session ends, and its signature.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Session {
    ends: u64,
    signature: [u8; 32],
}

impl Session {
    /// The one that an answer begins.
    pub fn of(answer: &str) -> Option<Self> {
        let (_, cookie) = answer.split_once("admin_session=")?;
        let (ends, rest) = cookie.split_once('.')?;
        let mut signature = [0; 32];
        base16ct::lower::decode(rest.split(';').next()?, &mut signature).ok()?;
        let ends = ends.parse().ok()?;
        Some(Self { ends, signature })
    }

    fn cookie(self) -> String {
        let signature = base16ct::lower::encode_string(&self.signature);
        format!("admin_session={}.{signature}", self.ends)
    }
}

impl Ask {
    /// The request; `random` chooses the link.
    pub fn question(self, random: usize) -> Question {
        match self {
            Self::Follow { links } => visit(Method::GET, &follow(random % links)),
            Self::Create => body(
                manage(Method::POST, "/_api/links", TOKEN)
                    .header(header::CONTENT_TYPE, "application/json"),
                r#"{"url":"https://akamai.com/"}"#,
            ),
            Self::NewestPage => body(manage(Method::GET, "/_api/links", TOKEN), ""),
            Self::AnyPage { links } => {
                let page = format!("/_api/links?cursor={}", links::cursor(random % links));
                body(manage(Method::GET, &page, TOKEN), "")
            }
            Self::AdminPage(session) => {
                let page = headers(Method::GET, "/_admin/");
                body(page.header(header::COOKIE, session.cookie()), "")
            }
        }
    }

    /// The status of its answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Follow { .. } => 301,
            Self::Create => 201,
            Self::NewestPage | Self::AnyPage { .. } | Self::AdminPage(_) => 200,
        }
    }
}

/// The path of the `n`th link.
pub fn follow(n: usize) -> String {
    format!("/{}", links::code(n))
}

/// What a browser sends.
pub fn visit(method: Method, path: &str) -> Question {
    body(headers(method, path), "")
}

/// With a token that is not the one.
pub fn intrude(path: &str) -> Question {
    body(
        manage(Method::GET, path, "t0ken-wrong-0123456789abcdef"),
        "",
    )
}

fn manage(method: Method, path: &str, token: &str) -> Builder {
    headers(method, path).header(header::AUTHORIZATION, format!("Bearer {token}"))
}

fn headers(method: Method, path: &str) -> Builder {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "sho.rt")
        .header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64)")
        .header(header::ACCEPT, accept)
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
}

fn body(request: Builder, body: &'static str) -> Question {
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    request.body(body).expect("a request")
}
