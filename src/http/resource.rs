//! What each path names, and the methods that each resource answers: the one table of routes.

use super::request::Method::{self, Delete, Get, Head, Patch, Post, Put};

/// Where the API begins.
const API: &str = "/_api/";

/// What a path names, as [`RequestTarget::path`](super::request::RequestTarget::path) gives it: of its
/// percent-encoding, only what needs none has been decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    Root,
    Robots,
    /// What a visitor follows: what comes after the slash, which need not be a valid code.
    Short(&'a str),
    Api(ApiResource<'a>),
}

/// What a path below `/_api/` names. All but `Health` are for those who hold the admin token or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiResource<'a> {
    Health,
    Links,
    Link(&'a str),
    Available(&'a str),
    Clicks(&'a str),
    Export,
    Import,
    Rebuild,
    Unknown,
}

impl<'a> Resource<'a> {
    /// What `path` names.
    pub fn at(path: &'a str) -> Self {
        match path {
            _ if path.starts_with(API) => Self::Api(ApiResource::at(path)),
            "/" => Self::Root,
            "/robots.txt" => Self::Robots,
            _ => Self::Short(path.strip_prefix('/').unwrap_or_default()),
        }
    }

    /// The methods it answers; `None` if there is nothing that could.
    fn methods(self) -> Option<&'static [Method]> {
        match self {
            Self::Root | Self::Robots | Self::Short(_) => Some(&[Get, Head]),
            Self::Api(ApiResource::Links) => Some(&[Get, Head, Post]),
            Self::Api(ApiResource::Link(_)) => Some(&[Get, Head, Put, Patch, Delete]),
            Self::Api(ApiResource::Import | ApiResource::Rebuild) => Some(&[Post]),
            Self::Api(
                ApiResource::Health
                | ApiResource::Available(_)
                | ApiResource::Clicks(_)
                | ApiResource::Export,
            ) => Some(&[Get, Head]),
            Self::Api(ApiResource::Unknown) => None,
        }
    }

    /// The value of an `Allow` header (RFC 9110 section 10.2.1), if it does not answer `method`.
    pub fn refuses(self, method: Method) -> Option<String> {
        method.unless_among(self.methods()?)
    }
}

impl<'a> ApiResource<'a> {
    /// What `path` names, which begins with `/_api/`.
    pub fn at(path: &'a str) -> Self {
        let path = path.strip_prefix(API).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            // A trailing or a doubled slash: no resource has an empty segment.
            segments if segments.contains(&"") => Self::Unknown,
            ["health"] => Self::Health,
            ["links"] => Self::Links,
            ["links", short] => Self::Link(short),
            ["links", short, "available"] => Self::Available(short),
            ["links", short, "clicks"] => Self::Clicks(short),
            ["export"] => Self::Export,
            ["import"] => Self::Import,
            ["catalog", "rebuild"] => Self::Rebuild,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_names_its_resource_and_allows_its_methods() {
        use ApiResource::*;
        for (path, resource, allowed) in [
            ("/", Resource::Root, Some("GET, HEAD")),
            ("/robots.txt", Resource::Robots, Some("GET, HEAD")),
            ("/abc", Resource::Short("abc"), Some("GET, HEAD")),
            ("/a/b", Resource::Short("a/b"), Some("GET, HEAD")),
            ("/_api", Resource::Short("_api"), Some("GET, HEAD")),
            ("/_api/health", Resource::Api(Health), Some("GET, HEAD")),
            ("/_api/links", Resource::Api(Links), Some("GET, HEAD, POST")),
            (
                "/_api/links/abc",
                Resource::Api(Link("abc")),
                Some("GET, HEAD, PUT, PATCH, DELETE"),
            ),
            (
                "/_api/links/abc/available",
                Resource::Api(Available("abc")),
                Some("GET, HEAD"),
            ),
            (
                "/_api/links/abc/clicks",
                Resource::Api(Clicks("abc")),
                Some("GET, HEAD"),
            ),
            ("/_api/export", Resource::Api(Export), Some("GET, HEAD")),
            ("/_api/import", Resource::Api(Import), Some("POST")),
            (
                "/_api/catalog/rebuild",
                Resource::Api(Rebuild),
                Some("POST"),
            ),
            ("/_api/catalog", Resource::Api(Unknown), None),
            ("/_api/", Resource::Api(Unknown), None),
            ("/_api/links/a/b", Resource::Api(Unknown), None),
            ("/_api/links/", Resource::Api(Unknown), None),
            ("/_api/links//available", Resource::Api(Unknown), None),
            ("/_api//health", Resource::Api(Unknown), None),
        ] {
            assert_eq!(Resource::at(path), resource);
            assert_eq!(
                resource.refuses(Method::Other).as_deref(),
                allowed,
                "{path}"
            );
        }
    }

    #[test]
    fn a_method_that_is_allowed_is_not_refused() {
        assert_eq!(Resource::at("/_api/links").refuses(Method::Post), None);
        assert_eq!(Resource::at("/abc").refuses(Method::Head), None);
    }
}
