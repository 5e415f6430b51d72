//! The properties of a whole exchange: requests in, answers out, and the links in between.

use fakes::{FakePlatform, FakeRequest, Memory, TOKEN};
use futures::{TryStreamExt, executor::block_on};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use std::{collections::BTreeMap, rc::Rc};
use url_shortener::{
    app::App,
    domain::{Code, Destination, Host},
    http::{
        header,
        request::{Method, Request},
        response::Body,
    },
    routes,
    store::{KeyValue, Stored},
};

/// One request, as a client may write it.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// How often each property was put to the test.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Requests that HTTP can carry, so that they reached the handlers.
    pub requests: usize,
    pub authorized: usize,
    /// Requests that changed what is stored.
    pub changes: usize,
}

/// Hosts that the shortener of the exchanges may not send anybody to: its own, and a blocked one.
const OWN: &str = "sho.rt";
const BLOCKED: &str = "blocked.example";

/// Sends `asks` one after the other to a shortener that holds one link of the tutorial app.
///
/// No answer is a 5xx, for the store works. What is stored changes only by a request that carries
/// the admin token and has an unsafe method. Every answer is one that HTTP can carry, and keeps
/// the token to itself. No link leads to a host that is not allowed.
pub fn exchanges(asks: &[Ask]) -> Tried {
    let store = Memory::default();
    let old = br#"{"short":"old","url":"https://akamai.com"}"#;
    block_on(store.set("old", old)).unwrap();
    let platform = FakePlatform::default();
    platform.set("base_url", &format!("https://{OWN}"));
    platform.set("blocked_hosts", BLOCKED);
    let app = Rc::new(App::new(store, platform));
    let mut tried = Tried::default();
    let told = asks.iter().any(Ask::tells_the_token);
    for ask in asks {
        let Some(request) = ask.request() else {
            continue;
        };
        let authorized = ask.may_manage();
        let unsafe_method = matches!(request.method, Method::Post | Method::Put | Method::Delete);
        let is_head = request.method == Method::Head;
        let may_change = authorized && unsafe_method;
        let api = request.target.path().starts_with("/_api/");
        let open = request.target.path() == "/_api/health";
        let before = contents(&app.store);
        let answer = ask_for(&app, request);
        let after = contents(&app.store);
        assert!(authorized || after == before, "{ask:?} changed the store");
        let changed = without_catalog(&after) != without_catalog(&before);
        assert!(may_change || !changed, "{ask:?} changed what is stored");
        check(&answer, api, is_head);
        assert!(told || !answer.tells_the_token(), "{ask:?}");
        if api && !authorized && !open {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{ask:?}");
        }
        tried.requests += 1;
        tried.authorized += usize::from(authorized);
        tried.changes += usize::from(changed);
    }
    tried
}

type Contents = BTreeMap<String, Option<Vec<u8>>>;

/// What is stored besides the catalog, which the first list completes.
fn without_catalog(contents: &Contents) -> Contents {
    let mut contents = contents.clone();
    contents.retain(|key, _| !key.starts_with("catalog:"));
    contents
}

/// Every key with its value. What is a link must be readable.
fn contents(store: &Memory) -> Contents {
    const OWN_KEYS: [&str; 4] = ["catalog:", "claim:", "contested:", "edit:"];
    let value = |key: String| {
        let value = block_on(store.get(&key)).unwrap();
        let is_own = OWN_KEYS.iter().any(|own| key.starts_with(own));
        if let Some(bytes) = value.as_ref().filter(|_| !is_own) {
            let code = Code::parse(&key).expect("links are stored under codes");
            let stored = Stored::decode(&code, bytes).expect("what is stored can be read");
            let host = stored.link.destination.host().map_or("", Host::as_str);
            let blocked = host == BLOCKED || host.ends_with(&format!(".{BLOCKED}"));
            assert!(host != OWN && !blocked, "{key} leads to {host}");
        }
        (key, value)
    };
    store.all_keys().into_iter().map(value).collect()
}

/// An answer with its whole body, and whether that came in one piece.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    streamed: bool,
}

pub fn ask_for(app: &Rc<App<Memory, FakePlatform>>, request: Request<FakeRequest>) -> Answer {
    let response = block_on(routes::respond(app, request));
    let given = response.headers().count();
    let header = |(name, value): (&'static str, &str)| {
        let value = HeaderValue::from_str(value).expect("a header value is one");
        (HeaderName::from_static(name), value)
    };
    let headers: HeaderMap = response.headers().map(header).collect();
    assert_eq!(headers.keys_len(), given, "a header twice: {headers:?}");
    let streamed = matches!(response.body, Body::Stream(_));
    let body = match response.body {
        Body::Empty => vec![],
        Body::Full(bytes) => bytes,
        Body::Stream(chunks) => block_on(chunks.try_collect::<Vec<_>>()).unwrap().concat(),
    };
    Answer {
        status: response.status,
        headers,
        body,
        streamed,
    }
}

fn check(answer: &Answer, api: bool, is_head: bool) {
    let Answer {
        status, headers, ..
    } = answer;
    assert!(!status.is_server_error(), "{status} {headers:?}");
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.map(|value| value.to_str().unwrap().parse::<usize>().unwrap());
    if is_head {
        assert!(answer.body.is_empty(), "{status}");
    } else {
        let has_length = *status != StatusCode::NO_CONTENT && !answer.streamed;
        let length = has_length.then_some(answer.body.len());
        assert_eq!(announced, length, "{status}");
    }
    for name in headers.keys() {
        assert!(!name.as_str().starts_with("access-control-"), "{name}");
    }
    if status.is_redirection() {
        let location = headers[header::LOCATION].to_str().unwrap();
        assert!(Destination::parse(location).is_ok(), "{location:?}");
    }
    if api {
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = "default-src 'none'; frame-ancestors 'none'";
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], policy);
    }
    if *status == StatusCode::METHOD_NOT_ALLOWED {
        assert!(headers.contains_key(header::ALLOW));
    }
}

impl Answer {
    fn tells_the_token(&self) -> bool {
        let tells = |bytes: &[u8]| contains(bytes, TOKEN.as_bytes());
        tells(&self.body) || self.headers.values().any(|v| tells(v.as_bytes()))
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

impl Ask {
    /// Reads requests written as HTTP/1.1 writes them, without the version and with `\n` for
    /// `\r\n`, each ended by a line that holds only `\x1e`.
    pub fn read_all(text: &[u8]) -> Vec<Self> {
        let mut asks = vec![];
        let mut rest = text;
        while !rest.is_empty() {
            let (one, after) = split_at(rest, b"\n\x1e\n");
            asks.push(Self::read(one));
            rest = after;
        }
        asks
    }

    fn read(text: &[u8]) -> Self {
        let (head, body) = split_at(text, b"\n\n");
        let (first, mut fields) = split_at(head, b"\n");
        let (method, target) = split_at(first, b" ");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut headers = vec![];
        while !fields.is_empty() {
            let (field, after) = split_at(fields, b"\n");
            let (name, value) = split_at(field, b": ");
            headers.push((text(name), value.to_owned()));
            fields = after;
        }
        Self {
            method: text(method),
            target: text(target),
            headers,
            body: body.to_owned(),
        }
    }

    /// Whether the token is anywhere but in `Authorization`, so that an answer may repeat it.
    fn tells_the_token(&self) -> bool {
        let others = self.headers.iter();
        let others = others.filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        let mut places = others.map(|(_, value)| value.as_slice());
        let tells = |bytes: &[u8]| contains(bytes, TOKEN.as_bytes());
        tells(self.target.as_bytes()) || tells(&self.body) || places.any(tells)
    }

    /// Whether it comes from somebody who knows the token, decided without the library's own `auth`.
    fn may_manage(&self) -> bool {
        let named = |(name, _): &&(String, _)| name.eq_ignore_ascii_case(header::AUTHORIZATION);
        let sent: Vec<_> = self.headers.iter().filter(named).collect();
        let [(_, value)] = sent.as_slice() else {
            return false;
        };
        let (scheme, token) = value.split_at(value.len().min(7));
        scheme.eq_ignore_ascii_case(b"Bearer ") && token == TOKEN.as_bytes()
    }

    /// The request, if HTTP can carry it.
    fn request(&self) -> Option<Request<FakeRequest>> {
        let method = match http::Method::from_bytes(self.method.as_bytes()).ok()? {
            http::Method::GET => Method::Get,
            http::Method::HEAD => Method::Head,
            http::Method::POST => Method::Post,
            http::Method::PUT => Method::Put,
            http::Method::DELETE => Method::Delete,
            _ => Method::Other,
        };
        let target = Uri::try_from(self.target.as_str()).ok()?;
        let target = target.path_and_query().map(ToString::to_string);
        let mut sent = FakeRequest::default().chunk(&self.body);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_bytes(value).ok()?;
            sent = sent.header(name.as_str(), value.as_bytes());
        }
        Some(sent.send(method, &target.unwrap_or_default()))
    }
}

fn split_at<'a>(bytes: &'a [u8], separator: &[u8]) -> (&'a [u8], &'a [u8]) {
    let found = bytes.windows(separator.len()).position(|w| w == separator);
    match found {
        Some(at) => (&bytes[..at], &bytes[at + separator.len()..]),
        None => (bytes, &[]),
    }
}
