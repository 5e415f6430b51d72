//! The boundary to Spin, once for each of the two interfaces that Spin serves. A build has one of
//! them, chosen by a cargo feature:
//!
//! | feature | module | SDK | runs on |
//! |---|---|---|---|
//! | `wasi-p3` (default) | `p3` | 6 | Spin 4, Akamai Functions; instances are reused |
//! | `wasi-p2` | `p2` | 5.2 | every Spin from 3.2 on, SpinKube; an instance a request |
//!
//! Each translates and decides nothing. What both need is here.

#[cfg(all(feature = "wasi-p2", feature = "wasi-p3"))]
compile_error!("choose one: `--no-default-features --features wasi-p2`, or the default `wasi-p3`");
#[cfg(not(any(feature = "wasi-p2", feature = "wasi-p3")))]
compile_error!("choose the interface to Spin: feature `wasi-p3` (the default) or `wasi-p2`");

#[cfg(all(feature = "wasi-p2", not(feature = "wasi-p3")))]
mod p2;
#[cfg(all(feature = "wasi-p3", not(feature = "wasi-p2")))]
mod p3;

use crate::{
    platform::Platform,
    request::{Headers, Request},
    routes,
    shortener::Shortener,
    store::{Connect, Kept},
    telemetry,
};
use http::{HeaderName, HeaderValue, Method, header, uri::PathAndQuery};
use std::{io::Write, rc::Rc};

/// The label of the store that the tutorial app uses.
const STORE: &str = "default";

/// Bytes of a request body asked for at a time.
const CHUNK: usize = 16 * 1024;

type Instance<C, P> = Shortener<Kept<C>, P>;

/// What an instance makes once and keeps until its end.
fn instance<C: Connect, P: Platform>(store: C, platform: P) -> Rc<Instance<C, P>> {
    telemetry::init(write_line);
    Rc::new(Shortener::new(Kept::new(store), platform))
}

/// One write, so that Spin makes one log record of it.
fn write_line(line: &str) {
    // There is nobody to tell that the log cannot be written.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A request as the handlers know it, with the headers they read; `values` finds those of one name.
/// `None` if a part is not HTTP's, which the host's own parser has ruled out.
fn request_head<C: Connect, P: Platform>(
    shortener: &Instance<C, P>,
    method: Method,
    target: Option<String>,
    authority: impl Fn() -> Option<String>,
    values: impl Fn(&HeaderName) -> Vec<Vec<u8>>,
) -> Option<Request<()>> {
    let target = PathAndQuery::try_from(target.unwrap_or_default()).ok()?;
    let wanted = routes::headers_read(shortener, &method, &target);
    let mut headers = Headers::default();
    for name in wanted {
        // The host keeps what a client wrote into `Host` apart from the other headers.
        let authority = (name == header::HOST).then(&authority).flatten();
        let values = match authority {
            Some(authority) => vec![authority.into_bytes()],
            None => values(name),
        };
        for value in values {
            headers.append(name.clone(), HeaderValue::try_from(value).ok()?);
        }
    }
    Some(Request {
        method,
        target,
        headers,
        body: (),
    })
}
