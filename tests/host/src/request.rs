//! What Spin does to a request before the component sees it.

use std::{net::SocketAddr, str::FromStr};

use anyhow::{Context, bail};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};

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
pub(crate) fn add_headers<B>(request: &mut Request<B>, client: SocketAddr) -> anyhow::Result<()> {
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
        ("spin-path-info", path_info(uri.path())),
        ("spin-full-url", format!("http://{host}{target}")),
        ("spin-matched-route", "/...".to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", "/...".to_owned()),
        ("spin-component-route", String::new()),
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

/// What the route's wildcard matched, slashes at both ends collapsed into one.
fn path_info(path: &str) -> String {
    let rest = path.trim_matches('/');
    match (rest.is_empty(), path.ends_with('/')) {
        (true, true) => "/".to_owned(),
        (true, false) => String::new(),
        (false, true) => format!("/{rest}/"),
        (false, false) => format!("/{rest}"),
    }
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
        add_headers(&mut request, "127.0.0.1:9".parse()?)?;

        let urls = request.headers().get_all("spin-full-url");
        assert!(urls.iter().eq(["forged", "http://evil.example/a/?b"]));
        assert_eq!(request.headers()["spin-path-info"], "/a/");
        assert_eq!(request.headers()["spin-client-addr"], "127.0.0.1:9");
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
