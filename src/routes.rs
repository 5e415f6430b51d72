//! Which handler answers which request.

use crate::{
    api, header,
    platform::Platform,
    problem::Problem,
    redirect,
    request::{Method, Request, RequestBody, Target},
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

/// The request headers that the handler of a request reads. Copying one out of the host costs a
/// twentieth of a redirect, and browsers send a dozen.
pub fn headers_read<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    method: Method,
    target: &Target,
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
