//! Routes, and which of them a path takes: the exact one, else the one with the longest prefix, as in Spin.
//!
//! Spin does not look at slashes around a path, nor around a route: `/a`, `/a/` and `//a` take the same one. It compares
//! bytes: `%61` is not `a`.

use std::cmp::Reverse;

/// How a route ends that matches all paths below it, too.
const WILDCARD: &str = "/...";

/// One route of a manifest: `/a/b`, or `/a/b/...` for `/a/b` and all below it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    raw: String,
    /// `a/b`.
    prefix: String,
    wildcard: bool,
}

impl Route {
    /// `None` if it does not begin with a slash, has an empty segment, or one that Spin takes for a pattern.
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let matched = raw.strip_suffix('/').unwrap_or(raw);
        let path = matched.strip_suffix(WILDCARD).unwrap_or(matched);
        let prefix = path.strip_prefix('/').unwrap_or(path);
        let plain = |segment: &str| !segment.is_empty() && !segment.starts_with([':', '*']);
        let valid = raw.starts_with('/') && (path.is_empty() || prefix.split('/').all(plain));
        valid.then(|| Self {
            raw: raw.to_owned(),
            prefix: prefix.to_owned(),
            wildcard: path.len() < matched.len(),
        })
    }

    /// Whether it matches every path.
    pub(crate) fn is_catch_all(&self) -> bool {
        self.wildcard && self.prefix.is_empty()
    }

    /// Whether it matches the same paths.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.prefix, self.wildcard) == (&other.prefix, other.wildcard)
    }

    /// As the manifest has it.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// The same without a slash at its end.
    pub(crate) fn matched(&self) -> &str {
        self.raw.strip_suffix('/').unwrap_or(&self.raw)
    }

    /// As the manifest has it, without the wildcard.
    pub(crate) fn without_wildcard(&self) -> &str {
        self.raw.strip_suffix(WILDCARD).unwrap_or(&self.raw)
    }

    /// What the wildcard stands for in a path that matches, slashes at its end collapsed into one.
    pub(crate) fn path_info(&self, path: &str) -> String {
        let rest = match self.rest(path) {
            Some(rest) if self.wildcard => rest,
            _ => return String::new(),
        };
        match (rest.is_empty(), path.ends_with('/')) {
            (true, true) => "/".to_owned(),
            (true, false) => String::new(),
            (false, true) => format!("/{rest}/"),
            (false, false) => format!("/{rest}"),
        }
    }

    /// What follows the prefix in `path`; `None` if the path is not this route's.
    fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        let path = path.trim_matches('/');
        let rest = match path.strip_prefix(&self.prefix)? {
            rest if self.prefix.is_empty() || rest.is_empty() => rest,
            rest => rest.strip_prefix('/')?,
        };
        (self.wildcard || rest.is_empty()).then_some(rest)
    }
}

/// Where each route leads.
pub(crate) struct Routes<T>(Vec<(Route, T)>);

impl<T> Routes<T> {
    pub(crate) fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Self {
        let mut routes: Vec<_> = routes.into_iter().collect();
        // The first that matches is the best.
        routes.sort_by_key(|(route, _)| (route.wildcard, Reverse(route.prefix.len())));
        Self(routes)
    }

    /// The route that `path` takes.
    pub(crate) fn find(&self, path: &str) -> Option<(&Route, &T)> {
        let mut routes = self.0.iter().map(|(route, target)| (route, target));
        routes.find(|(route, _)| route.rest(path).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The raw route that each path takes among `routes`.
    fn taken<'a>(routes: &'a [&str], path: &str) -> Option<&'a str> {
        let parsed = routes.iter().map(|raw| {
            let route = Route::parse(raw).expect("a route");
            (route, *raw)
        });
        Routes::new(parsed).find(path).map(|(_, raw)| *raw)
    }

    #[test]
    fn an_exact_route_comes_before_every_wildcard() {
        for routes in [["/...", "/a/...", "/a"], ["/a", "/a/...", "/..."]] {
            assert_eq!(taken(&routes, "/a"), Some("/a"));
            assert_eq!(taken(&routes, "/a/"), Some("/a"));
            assert_eq!(taken(&routes, "/a/b"), Some("/a/..."));
            assert_eq!(taken(&routes, "/b"), Some("/..."));
        }
        assert_eq!(taken(&["/...", "/"], "/"), Some("/"));
    }

    #[test]
    fn the_longest_prefix_wins_in_whatever_order() {
        for routes in [
            ["/...", "/a/...", "/a/b/..."],
            ["/a/b/...", "/a/...", "/..."],
        ] {
            assert_eq!(taken(&routes, "/a/b/c"), Some("/a/b/..."));
            assert_eq!(taken(&routes, "/a/b"), Some("/a/b/..."));
            assert_eq!(taken(&routes, "/a/bc"), Some("/a/..."));
            assert_eq!(taken(&routes, "/c"), Some("/..."));
        }
    }

    #[test]
    fn a_wildcard_takes_its_own_path_and_all_below_but_no_longer_word() {
        let routes = ["/...", "/_admin/..."];
        for path in [
            "/_admin",
            "/_admin/",
            "/_admin/x",
            "/_admin//",
            "//_admin/x",
        ] {
            assert_eq!(taken(&routes, path), Some("/_admin/..."), "{path}");
        }
        for path in [
            "/",
            "/_adminx",
            "/_admi",
            "/%5fadmin",
            "/_Admin",
            "/x/_admin",
            "",
        ] {
            assert_eq!(taken(&routes, path), Some("/..."), "{path}");
        }
    }

    #[test]
    fn a_path_of_no_route_takes_none() {
        assert_eq!(taken(&["/a", "/b/..."], "/c"), None);
        assert_eq!(taken(&["/a", "/b/..."], "/a/c"), None);
        assert_eq!(taken(&["/a", "/b/..."], "/"), None);
    }

    #[test]
    fn path_info_is_what_the_wildcard_stands_for() {
        let all = Route::parse("/...").expect("a route");
        for (path, info) in [("/", "/"), ("/a", "/a"), ("/a/?", "/a/?"), ("//a//", "/a/")] {
            assert_eq!(all.path_info(path), info, "{path}");
        }
        let below = Route::parse("/a/...").expect("a route");
        for (path, info) in [("/a", ""), ("/a/", "/"), ("/a/b/", "/b/"), ("/a//b", "//b")] {
            assert_eq!(below.path_info(path), info, "{path}");
        }
        let exact = Route::parse("/a").expect("a route");
        assert_eq!(exact.path_info("/a/"), "");
    }

    #[test]
    fn patterns_and_crooked_paths_are_no_routes() {
        for raw in ["/", "/...", "/a", "/a/", "/a/...", "/a.b/c...", "/a/.../b"] {
            assert!(Route::parse(raw).is_some(), "{raw}");
        }
        for raw in [
            "", "a", "...", "a/...", "//", "/a//b", "//...", "/a//...", "/:a", "/*", "/a/*",
        ] {
            assert!(Route::parse(raw).is_none(), "{raw}");
        }
    }
}
