//! What all pages have in common: the frame around them, the header fields that protect them, and how they
//! say that something went wrong.

use super::assets::{ICON, SCRIPT, STYLE};
use crate::{
    api::problem::Problem,
    config::InvalidVariable,
    http::{
        header,
        response::{self, Response},
    },
};
use askama::Template;
use http::StatusCode;

const HTML: &str = "text/html; charset=utf-8";

/// Nothing from elsewhere, nothing inline, and no page of another site around these.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What is around every page.
pub struct Frame {
    pub style: String,
    pub script: String,
    pub icon: String,
    /// Whether to show the way to the other pages.
    pub is_signed_in: bool,
}

impl Frame {
    /// For who is signed in.
    pub fn inside() -> Self {
        Self {
            style: STYLE.path(),
            script: SCRIPT.path(),
            icon: ICON.path(),
            is_signed_in: true,
        }
    }

    /// For anybody.
    pub fn outside() -> Self {
        Self {
            is_signed_in: false,
            ..Self::inside()
        }
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: &'a Frame,
    title: &'a str,
    text: &'a str,
    /// A command that helps.
    command: Option<&'a str>,
    /// Where to go on.
    way_out: Option<(&'a str, &'a str)>,
}

/// A rendered page.
pub fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => response::full(status, HTML, text.into()),
        // Writing to a text does not fail.
        Err(_) => response::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// `response` with the header fields that every answer here has.
pub fn guarded(response: Response) -> Response {
    let is_kept = response
        .headers()
        .any(|(name, _)| name == header::CACHE_CONTROL);
    let response = response
        .with(header::CONTENT_SECURITY_POLICY, POLICY)
        .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with(header::REFERRER_POLICY, "no-referrer")
        .with(header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    match is_kept {
        true => response,
        false => response.with(header::CACHE_CONTROL, "no-store"),
    }
}

/// The page for a problem, in the words that the API has for it.
pub fn message(frame: &Frame, problem: &Problem) -> Response {
    let page = Message {
        frame,
        title: problem.title(),
        text: &problem.detail(),
        command: None,
        way_out: frame.is_signed_in.then_some(("/_admin/", "All links")),
    };
    let response = html(problem.status(), &page);
    match problem {
        Problem::MethodNotAllowed(allow) => response.with(header::ALLOW, allow.clone()),
        Problem::Unavailable(_) | Problem::Unlisted(_) | Problem::TryAgain(_) => {
            response.retry_soon()
        }
        _ => response,
    }
}

/// The page without a usable admin token: nobody can sign in.
pub fn closed(variables: &[InvalidVariable]) -> Response {
    let rules: Vec<String> = variables.iter().map(ToString::to_string).collect();
    let page = Message {
        frame: &Frame::outside(),
        title: "This page is closed",
        text: &format!(
            "There is no usable admin token: {}. To open the page, set one where the shortener is started.",
            rules.join("; ")
        ),
        command: Some("SPIN_VARIABLE_ADMIN_TOKEN=$(openssl rand -hex 32) spin up"),
        way_out: None,
    };
    html(StatusCode::SERVICE_UNAVAILABLE, &page)
}

/// The page for a form that was not sent from one of these pages.
pub fn forged() -> Response {
    let page = Message {
        frame: &Frame::outside(),
        title: "This form was not sent from here",
        text: "Nothing was changed. The browser does not say that the form comes from this site. Open the page, \
               with https:// if the shortener is on another machine, and send the form from there.",
        command: None,
        way_out: Some(("/_admin/", "All links")),
    };
    html(StatusCode::FORBIDDEN, &page)
}
