//! What Spin does to a request before the component sees it.

use std::{net::SocketAddr, str::FromStr};

use anyhow::{Context, bail};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};

use crate::routes::Route;

/// Completes the request's URI from its `Host`. An error closes the connection: Spin has no answer to such a request.
pub(crate) fn set_origin<B>(request: &mut Request<B>) -> anyhow::Result<()> {
    let host = request.headers().get(HOST).map(authority).transpose()?;
    let mut parts = request.uri().clone().into_parts();
    let authority = match (host, parts.authority.take()) {
        (Some(host), Some(target)) if host != target => bail!("two different hosts"),
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => bail!("no host"),
    };
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts)?;
    Ok(())
}

fn authority(host: &HeaderValue) -> anyhow::Result<Authority> {
    Authority::from_str(host.to_str()?).context("invalid host")
}

/// Appends Spin's own headers after the client's, which stay, even those of the same names.
pub(crate) fn add_headers<B>(
    request: &mut Request<B>,
    route: &Route,
    client: SocketAddr,
) -> anyhow::Result<()> {
    for value in request.headers().values() {
        std::str::from_utf8(value.as_bytes()).context("a header is not UTF-8")?;
    }
    let uri = request.uri();
    let target = uri.path_and_query().context("no path")?.as_str();
    let host = match request.headers().get(HOST) {
        Some(host) => std::str::from_utf8(host.as_bytes())?,
        None => "localhost",
    };
    let own = [
        ("spin-path-info", route.path_info(uri.path())),
        ("spin-full-url", format!("http://{host}{target}")),
        ("spin-matched-route", route.matched().to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", route.raw().to_owned()),
        ("spin-component-route", route.without_wildcard().to_owned()),
        ("spin-client-addr", client.to_string()),
    ];
    let headers: &mut HeaderMap = request.headers_mut();
    for (name, value) in own {
        // Spin leaves out what is no header value.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = path.parse().expect("a path");
        request
    }

    #[test]
    fn the_clients_headers_come_first_and_are_kept() -> anyhow::Result<()> {
        let mut request = request("/a/?b");
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("evil.example"));
        headers.insert("spin-full-url", HeaderValue::from_static("forged"));

        set_origin(&mut request)?;
        let all = Route::parse("/...").context("a route")?;
        add_headers(&mut request, &all, "127.0.0.1:9".parse()?)?;

        let urls = request.headers().get_all("spin-full-url");
        assert!(urls.iter().eq(["forged", "http://evil.example/a/?b"]));
        assert_eq!(request.headers()["spin-path-info"], "/a/");
        assert_eq!(request.headers()["spin-client-addr"], "127.0.0.1:9");
        Ok(())
    }

    #[test]
    fn the_headers_say_which_route_was_taken_and_what_is_below_it() -> anyhow::Result<()> {
        for (route, path, headers) in [
            ("/...", "/_admin", ["/_admin", "/...", "/...", ""]),
            (
                "/_admin/...",
                "/_admin",
                ["", "/_admin/...", "/_admin/...", "/_admin"],
            ),
            (
                "/_admin/...",
                "/_admin/",
                ["/", "/_admin/...", "/_admin/...", "/_admin"],
            ),
            (
                "/_admin/...",
                "/_admin/a?b",
                ["/a", "/_admin/...", "/_admin/...", "/_admin"],
            ),
            ("/a/", "/a", ["", "/a", "/a/", "/a/"]),
            ("/", "/", ["", "", "/", "/"]),
        ] {
            let mut request = request(path);
            let route = Route::parse(route).context("a route")?;
            add_headers(&mut request, &route, "127.0.0.1:9".parse()?)?;
            let own = [
                "spin-path-info",
                "spin-matched-route",
                "spin-raw-component-route",
                "spin-component-route",
            ];
            assert_eq!(own.map(|name| &request.headers()[name]), headers, "{path}");
            assert_eq!(request.headers()["spin-base-path"], "/");
        }
        Ok(())
    }

    #[test]
    fn a_request_without_a_usable_host_has_no_answer() {
        let mut without = request("/");
        assert!(set_origin(&mut without).is_err());

        let mut broken = request("/");
        let host = HeaderValue::from_static("a b");
        broken.headers_mut().insert(HOST, host);
        assert!(set_origin(&mut broken).is_err());

        let mut two = request("http://one.example/");
        let host = HeaderValue::from_static("two.example");
        two.headers_mut().insert(HOST, host);
        assert!(set_origin(&mut two).is_err());
    }
}
