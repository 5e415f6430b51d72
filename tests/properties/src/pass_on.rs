//! The property of what a link passes on.

use crate::Verdict::{self, Accepted, Refused};
use url::Url;
use url_shortener::domain::{Destination, PassOn};

/// Whatever a visitor asks for below a link that passes on everything, a browser goes to the link's
/// scheme, host and port, to a path below the link's own, and keeps the link's query and fragment.
pub fn passing_on(destination: &str, rest: &str, query: &str) -> Verdict {
    let Ok(destination) = Destination::parse(destination) else {
        return Refused;
    };
    // What stands for the rest of a path in a request.
    let rest = format!("/{}", rest.replace('?', ""));
    let everything = PassOn {
        query: true,
        path: true,
    };
    let passed = everything.applied(destination.as_str().into(), &rest, query);
    assert!(
        passed.bytes().all(|byte| byte.is_ascii_graphic()),
        "{passed:?}"
    );
    let own = Url::parse(destination.as_str()).unwrap();
    let sent = Url::parse(&passed).unwrap();
    let origin = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port(),
        )
    };
    assert_eq!(origin(&sent), origin(&own), "{passed:?}");
    assert_eq!((sent.username(), sent.password()), ("", None));
    let prefix = own.path().strip_suffix('/').unwrap_or(own.path());
    let below = sent.path().strip_prefix(prefix);
    assert!(
        below.is_some_and(|below| below.starts_with('/')),
        "{passed:?}"
    );
    assert_eq!(sent.fragment(), own.fragment(), "{passed:?}");
    let own_query = own.query().unwrap_or_default();
    let sent_query = sent.query().unwrap_or_default();
    assert!(sent_query.starts_with(own_query), "{passed:?}");
    // All of it arrives.
    assert!(query.is_empty() || sent_query.len() >= own_query.len() + query.len());
    assert!(
        sent.path().len() >= prefix.len() + rest.len() - 1,
        "{passed:?}"
    );
    // A server that decodes first is not led upwards either.
    let decoded = below.unwrap_or_default().to_ascii_lowercase();
    let decoded = decoded
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/");
    assert!(
        decoded
            .split('/')
            .all(|segment| !matches!(segment, "." | "..")),
        "{passed:?}"
    );
    Accepted
}
