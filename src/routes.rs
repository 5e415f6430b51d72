//! Which handler answers which request.

use crate::{
    api, header,
    platform::Platform,
    problem::Problem,
    redirect,
    request::{Headers, Method, Request, RequestBody, RequestTarget},
    response::{self, Response},
    shortener::Shortener,
    store::KeyValue,
    visit,
};
use http::StatusCode;
use std::rc::Rc;

/// Keeps crawlers away: a short link's content is its destination's.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// Answers any request. Never fails and never panics, whatever the request.
pub async fn respond<S, P, B>(shortener: &Rc<Shortener<S, P>>, request: Request<B>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
    B: RequestBody,
{
    // The raw path: a code holds no character that needs percent-encoding.
    match request.target.path() {
        path if is_api(path) => api(shortener, request).await,
        _ if !is_read(request.method) => method_not_allowed(),
        "/" => root(shortener).await,
        "/robots.txt" => response::text(StatusCode::OK, ROBOTS),
        _ => redirect::follow(shortener, &request).await,
    }
}

/// The headers that the handler of a request reads, and no others: copying one out of the host is not
/// free, and browsers send a dozen. `values` finds those of one name, `authority` what the client wrote
/// into `Host` where the host keeps it apart.
pub fn headers<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    method: Method,
    target: &RequestTarget,
    authority: impl Fn() -> Option<String>,
    values: impl Fn(&str) -> Vec<Vec<u8>>,
) -> Headers {
    let mut headers = Headers::default();
    for &name in headers_read(shortener, method, target) {
        let authority = (name == header::HOST).then(&authority).flatten();
        let values = match authority {
            Some(authority) => vec![authority.into_bytes()],
            None => values(name),
        };
        for value in values {
            headers.append(name, value);
        }
    }
    headers
}

fn headers_read<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    method: Method,
    target: &RequestTarget,
) -> &'static [&'static str] {
    const OF_API: [&str; 1] = [header::AUTHORIZATION];
    const OF_API_WITH_BODY: [&str; 4] = [
        header::AUTHORIZATION,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::HOST,
    ];
    if is_api(target.path()) {
        match method {
            Method::Post | Method::Put => &OF_API_WITH_BODY,
            _ => &OF_API,
        }
    } else if shortener.may_log_redirects() {
        &visit::HEADERS
    } else {
        &[]
    }
}

fn is_api(path: &str) -> bool {
    path.starts_with("/_api/")
}

fn is_read(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

fn method_not_allowed() -> Response {
    response::text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        .with(header::ALLOW, "GET, HEAD")
}

async fn root<S: KeyValue, P: Platform>(shortener: &Shortener<S, P>) -> Response {
    match shortener.config().await.root_url.clone() {
        Some(location) => response::empty(StatusCode::FOUND).with(header::LOCATION, location),
        None => redirect::not_found(),
    }
}

async fn api<S, P, B>(shortener: &Rc<Shortener<S, P>>, request: Request<B>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
    B: RequestBody,
{
    let answer = api::respond(shortener, request).await;
    let response = answer.unwrap_or_else(|problem: Problem| {
        problem.log();
        problem.into_response()
    });
    response.sealed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::Memory, testing::FakePlatform};
    use futures::executor::block_on;
    use std::cell::RefCell;

    /// The names that are asked for, and the `Host` that is handed over.
    fn asked(
        shortener: &Shortener<Memory, FakePlatform>,
        method: Method,
        path: &str,
        authority: Option<&str>,
    ) -> (Vec<String>, Option<String>) {
        let target = RequestTarget::new(path.to_owned());
        let asked = RefCell::<Vec<String>>::default();
        let values = |name: &str| {
            asked.borrow_mut().push(name.to_owned());
            vec![b"header.example".to_vec()]
        };
        let authority = || authority.map(str::to_owned);
        let headers = headers(shortener, method, &target, authority, values);
        let host = headers.get(header::HOST).map(str::to_owned);
        (asked.into_inner(), host)
    }

    #[test]
    fn only_what_is_read_is_asked_for() {
        let shortener = Shortener::new(Memory::default(), FakePlatform::default());
        let get = |path| asked(&shortener, Method::Get, path, None).0;
        // As long as nobody knows whether redirects are logged.
        assert_eq!(get("/aka"), visit::HEADERS);
        block_on(shortener.config());
        assert_eq!(get("/aka"), Vec::<String>::new());
        assert_eq!(get("/_api/links/aka"), [header::AUTHORIZATION]);
        let (create, host) = asked(&shortener, Method::Post, "/_api/links", None);
        assert_eq!(create.len(), 4);
        assert_eq!(host.as_deref(), Some("header.example"));
    }

    #[test]
    fn an_authority_stands_for_the_host_header() {
        let shortener = Shortener::new(Memory::default(), FakePlatform::default());
        let authority = Some("authority.example");
        let (create, host) = asked(&shortener, Method::Put, "/_api/links/aka", authority);
        assert!(!create.contains(&header::HOST.to_owned()));
        assert_eq!(host.as_deref(), authority);
    }
}
