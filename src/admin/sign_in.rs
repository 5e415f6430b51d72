//! Signing in with the admin token, and signing out.

use super::{
    VIA,
    form::Form,
    go_to,
    page::{Frame, html},
    route::Route,
    session,
};
use crate::{
    api::problem::Problem,
    app::App,
    auth::{AdminToken, refusals},
    domain::is_unreserved,
    http::{
        header,
        request::{Incoming, Method, Request},
        response::Response,
    },
    platform::Platform,
    store::KeyValue,
};
use askama::Template;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

const START: &str = "/_admin/";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    frame: Frame,
    /// Where to go afterwards.
    next: &'a str,
    error: Option<&'a str>,
    /// Whether the browser keeps a session back, because a page of another site has led here.
    may_be_signed_in: bool,
}

/// `GET /_admin/sign-in`
pub fn show(request: &Request<impl Incoming>, is_signed_in: bool) -> Response {
    let query = Form::of_query(request);
    let next = return_path(query.get("next"));
    match is_signed_in {
        true => go_to(next),
        false => form(StatusCode::OK, next, None, came_from_elsewhere(request)),
    }
}

/// What somebody without a session gets in place of a page.
pub fn require(request: &Request<impl Incoming>) -> Response {
    let is_form = request.method == Method::Post;
    if is_form {
        let error = "Your session has expired. Nothing was changed. Sign in, then go back and submit the form again.";
        let next = return_path(request.target.path());
        return form(StatusCode::FORBIDDEN, next, Some(error), false);
    }
    if came_from_elsewhere(request) {
        let next = return_path(request.target.path());
        return form(StatusCode::FORBIDDEN, next, None, true);
    }
    match return_path(request.target.path()) {
        START => go_to("/_admin/sign-in"),
        next => go_to(format!(
            "/_admin/sign-in?next={}",
            utf8_percent_encode(next, NON_ALPHANUMERIC)
        )),
    }
}

/// `POST /_admin/sign-in`
pub async fn sign_in<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    token: &AdminToken,
    request: Request<impl Incoming>,
) -> Result<Response, Problem> {
    let begun = session::begin(&request, token, app.platform.now());
    let typed = Form::read(request).await?;
    let next = return_path(typed.get("next"));
    if token.is(typed.get("token")) {
        tracing::info!(via = VIA, "signed in");
        return Ok(go_to(next).with(header::SET_COOKIE, begun));
    }
    refusals::note(&app.platform);
    let error = "That is not the admin token.";
    Ok(form(StatusCode::FORBIDDEN, next, Some(error), false))
}

/// `POST /_admin/sign-out`
pub fn sign_out(request: &Request<impl Incoming>) -> Response {
    go_to("/_admin/sign-in").with(header::SET_COOKIE, session::end(request))
}

fn form(status: StatusCode, next: &str, error: Option<&str>, may_be_signed_in: bool) -> Response {
    let frame = Frame::OUTSIDE.wrong(error.is_some());
    html(
        status,
        &SignIn {
            frame,
            next,
            error,
            may_be_signed_in,
        },
    )
}

/// `next`, if it is the path of a page to go to after signing in; otherwise the first page. No browser reads it as
/// anything else: it would take a backslash for a slash, and go up at two dots.
fn return_path(next: &str) -> &str {
    let is_plain = |byte: u8| is_unreserved(byte) || matches!(byte, b'/' | b'%');
    let goes_up = |segment: &str| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(dots.as_str(), "." | "..")
    };
    let stays = next.bytes().all(is_plain) && !next.split('/').any(goes_up);
    match Route::at(next) {
        Some(Route::New | Route::Link(_) | Route::Delete(_) | Route::Move) if stays => next,
        _ => START,
    }
}

fn came_from_elsewhere(request: &Request<impl Incoming>) -> bool {
    let site = request.header(header::SEC_FETCH_SITE);
    matches!(site.as_deref(), Some("cross-site" | "same-site"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_return_path_is_always_a_page_of_this_site() {
        for next in [
            "/_admin/new",
            "/_admin/links/a%C3%A4",
            "/_admin/links/a/delete",
            "/_admin/move",
        ] {
            assert_eq!(return_path(next), next);
        }
        for other in [
            "",
            "/",
            "/abc",
            "//evil.example/_admin/new",
            "https://evil.example/_admin/new",
            "/_admin",
            "/_admin/export",
            "/_admin/sign-out",
            "/_admin/links/a\r\nset-cookie: b",
            "/_admin/links/ä",
            "/_admin/../abc",
            "/_admin/links/..",
            "/_admin/links/.%2E",
            "/_admin/links/..?deleted=x",
            "/_admin/links/..\\..\\abc",
            "/_admin/links/a#b",
        ] {
            assert_eq!(return_path(other), START, "{other}");
        }
    }
}
