//! What each path names, and the methods that each answers.

use super::assets::Asset;
use crate::http::request::Method::{self, Get, Head, Post};

/// Where the pages begin.
const ROOT: &str = "/_admin";

/// A page, a form, or what belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    Links,
    New,
    /// One link, by the path segment that names it.
    Link(&'a str),
    /// The question whether to delete it, and the answer.
    Delete(&'a str),
    Qr(&'a str),
    /// Whether a new link can have this code.
    Available(&'a str),
    /// Import and export.
    Move,
    Export,
    Import,
    SignIn,
    SignOut,
    Asset(&'static Asset),
}

impl<'a> Route<'a> {
    /// What `path` names.
    pub fn at(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix(ROOT)?;
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let route = match segments.as_slice() {
            [] | [""] => Self::Links,
            segments if segments.contains(&"") => return None,
            ["new"] => Self::New,
            ["links", short] => Self::Link(short),
            ["links", short, "delete"] => Self::Delete(short),
            ["links", short, "qr.svg"] => Self::Qr(short),
            ["links", short, "available"] => Self::Available(short),
            ["move"] => Self::Move,
            ["export"] => Self::Export,
            ["import"] => Self::Import,
            ["sign-in"] => Self::SignIn,
            ["sign-out"] => Self::SignOut,
            ["assets", name] => Self::Asset(Asset::named(name)?),
            _ => return None,
        };
        Some(route)
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Self::New | Self::Link(_) | Self::Delete(_) | Self::Import | Self::SignIn => {
                &[Get, Head, Post]
            }
            Self::SignOut => &[Post],
            Self::Links
            | Self::Qr(_)
            | Self::Available(_)
            | Self::Move
            | Self::Export
            | Self::Asset(_) => &[Get, Head],
        }
    }

    /// The value of an `Allow` header (RFC 9110 section 10.2.1), if it does not answer `method`.
    pub fn refuses(self, method: Method) -> Option<String> {
        method.unless_among(self.methods())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_names_its_page_and_allows_its_methods() {
        for (path, route, allowed) in [
            ("/_admin", Some(Route::Links), "GET, HEAD"),
            ("/_admin/", Some(Route::Links), "GET, HEAD"),
            ("/_admin/new", Some(Route::New), "GET, HEAD, POST"),
            (
                "/_admin/links/a%20b",
                Some(Route::Link("a%20b")),
                "GET, HEAD, POST",
            ),
            (
                "/_admin/links/a/delete",
                Some(Route::Delete("a")),
                "GET, HEAD, POST",
            ),
            ("/_admin/links/a/qr.svg", Some(Route::Qr("a")), "GET, HEAD"),
            (
                "/_admin/links/a/available",
                Some(Route::Available("a")),
                "GET, HEAD",
            ),
            ("/_admin/move", Some(Route::Move), "GET, HEAD"),
            ("/_admin/export", Some(Route::Export), "GET, HEAD"),
            ("/_admin/import", Some(Route::Import), "GET, HEAD, POST"),
            ("/_admin/sign-in", Some(Route::SignIn), "GET, HEAD, POST"),
            ("/_admin/sign-out", Some(Route::SignOut), "POST"),
            ("/_admin/links", None, ""),
            ("/_admin/links/", None, ""),
            ("/_admin//new", None, ""),
            ("/_admin/new/", None, ""),
            ("/_admin/assets/style.css", None, ""),
            ("/_adminx", None, ""),
            ("/abc", None, ""),
        ] {
            assert_eq!(Route::at(path), route, "{path}");
            let refused = route.and_then(|route| route.refuses(Method::Other));
            assert_eq!(refused.unwrap_or_default(), allowed, "{path}");
        }
    }

    #[test]
    fn a_method_that_is_allowed_is_not_refused() {
        assert_eq!(Route::New.refuses(Method::Post), None);
        assert_eq!(Route::Links.refuses(Method::Head), None);
    }
}
