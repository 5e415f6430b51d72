//! Signing in with the admin token, and signing out.

use super::{
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
use url::form_urlencoded;

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
    let query = form_urlencoded::parse(request.target.query().as_bytes());
    let mut next = query.filter(|(name, _)| name == "next");
    let next = next.next().map(|(_, next)| next).unwrap_or_default();
    let next = place(&next);
    match is_signed_in {
        true => go_to(next),
        false => form(StatusCode::OK, next, None, came_from_elsewhere(request)),
    }
}

/// What somebody without a session gets in place of a page.
pub fn ask(request: &Request<impl Incoming>) -> Response {
    let is_form = request.method == Method::Post;
    if is_form {
        let error = "The session has ended, and nothing was changed. Sign in, go back and send the form again.";
        return form(StatusCode::FORBIDDEN, START, Some(error), false);
    }
    if came_from_elsewhere(request) {
        let next = place(request.target.path());
        return form(StatusCode::FORBIDDEN, next, None, true);
    }
    match place(request.target.path()) {
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
    let next = place(typed.get("next"));
    if token.is(typed.get("token")) {
        return Ok(go_to(next).with(header::SET_COOKIE, begun));
    }
    refusals::note(&app.platform);
    let error = "This is not the admin token.";
    Ok(form(StatusCode::FORBIDDEN, next, Some(error), false))
}

/// `POST /_admin/sign-out`
pub fn sign_out(request: &Request<impl Incoming>) -> Response {
    go_to("/_admin/sign-in").with(header::SET_COOKIE, session::end(request))
}

fn form(status: StatusCode, next: &str, error: Option<&str>, may_be_signed_in: bool) -> Response {
    let frame = Frame::outside();
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

/// `next`, if it is the path of a page to go to after signing in; otherwise the first page.
fn place(next: &str) -> &str {
    let is_visible = next.bytes().all(|byte| byte.is_ascii_graphic());
    match Route::at(next) {
        Some(Route::New | Route::Link(_) | Route::Delete(_) | Route::Move) if is_visible => next,
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
    fn one_goes_on_to_a_page_of_this_site_only() {
        for next in [
            "/_admin/new",
            "/_admin/links/a%C3%A4",
            "/_admin/links/a/delete",
            "/_admin/move",
        ] {
            assert_eq!(place(next), next);
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
        ] {
            assert_eq!(place(other), START, "{other}");
        }
    }
}
