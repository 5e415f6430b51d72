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
#[derive(Clone, Copy)]
pub struct Frame {
    /// Whether to show the way to the other pages.
    pub is_signed_in: bool,
    /// The path of this page, if it is one of those.
    pub current: &'static str,
    /// Whether the page tells of an error, which its title then begins with.
    pub is_wrong: bool,
}

impl Frame {
    /// For anybody.
    pub const OUTSIDE: Self = Self {
        is_signed_in: false,
        current: "",
        is_wrong: false,
    };

    /// For a signed-in operator.
    pub const INSIDE: Self = Self {
        is_signed_in: true,
        ..Self::OUTSIDE
    };

    /// The same, at one of the pages that every other leads to.
    pub fn at(current: &'static str) -> Self {
        Self {
            current,
            ..Self::INSIDE
        }
    }

    pub fn wrong(self, is_wrong: bool) -> Self {
        Self { is_wrong, ..self }
    }

    pub fn style(self) -> String {
        STYLE.path()
    }

    pub fn script(self) -> String {
        SCRIPT.path()
    }

    pub fn icon(self) -> String {
        ICON.path()
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    pub frame: Frame,
    pub title: &'a str,
    pub text: &'a str,
    /// A command that helps.
    pub command: Option<&'a str>,
    /// Where to go on, and how that is called.
    pub way_out: (&'a str, &'a str),
}

/// The way from a page that says no more than that.
pub const ALL_LINKS: (&str, &str) = ("/_admin/", "All links");

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
        .with(header::CROSS_ORIGIN_OPENER_POLICY, "same-origin")
        .with(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    match is_kept {
        true => response,
        false => response.with(header::CACHE_CONTROL, "no-store"),
    }
}

/// The page for a problem, in the words that the API has for it.
pub fn message(frame: Frame, problem: &Problem) -> Response {
    let page = Message {
        frame: frame.wrong(true),
        title: problem.title(),
        text: &problem.detail(),
        command: None,
        way_out: ALL_LINKS,
    };
    refusal(problem, &page)
}

/// A page that tells of a problem, with the header fields that the API has for it.
pub fn refusal(problem: &Problem, page: &impl Template) -> Response {
    let response = html(problem.status(), page);
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
        frame: Frame::OUTSIDE,
        title: "The admin page is closed",
        text: &format!(
            "The admin token is missing or cannot be used: {}. To open the page, start the shortener with a token, and sign in with what is printed:",
            rules.join("; ")
        ),
        command: Some(concat!(
            "export SPIN_VARIABLE_ADMIN_TOKEN=$(openssl rand -hex 32)\n",
            "echo $SPIN_VARIABLE_ADMIN_TOKEN\n",
            "spin up"
        )),
        way_out: ("/_admin/", "Try again"),
    };
    html(StatusCode::SERVICE_UNAVAILABLE, &page)
}

/// The page for a form that was not sent from one of these pages.
pub fn forged() -> Response {
    let page = Message {
        frame: Frame::OUTSIDE,
        title: "This form did not come from the admin page",
        text: "Nothing was changed. Your browser did not confirm that the form came from this site. Open the admin \
               page, with https:// unless the shortener runs on this computer, and submit the form there.",
        command: None,
        way_out: ALL_LINKS,
    };
    html(StatusCode::FORBIDDEN, &page)
}
