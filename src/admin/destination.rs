//! How a page shows a destination: its host set off, a long one cut in the middle, and as a link only if it
//! is one of the web.

use crate::domain::Destination;

/// Of what follows the host, how many characters are shown before and after a cut.
const HEAD: usize = 24;
const TAIL: usize = 16;

/// A destination, in the parts that a page shows differently.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownDestination {
    pub whole: String,
    /// Up to the host.
    pub before: String,
    pub host: String,
    /// After the host, without its middle if it is long.
    pub after: String,
    /// The same, with its middle.
    pub rest: String,
    pub is_cut: bool,
    /// Whether a browser may be sent there with a click: nothing but `http` and `https`.
    pub is_link: bool,
}

impl ShownDestination {
    pub fn new(destination: &Destination) -> Self {
        let whole = destination.as_str();
        let (before, host, after) = match destination.is_web() {
            true => around_host(whole),
            false => ("", "", whole),
        };
        let cut = cut(after);
        Self {
            whole: whole.to_owned(),
            before: before.to_owned(),
            host: host.to_owned(),
            is_cut: cut.is_some(),
            after: cut.unwrap_or_else(|| after.to_owned()),
            rest: after.to_owned(),
            is_link: destination.is_web(),
        }
    }
}

/// A URL of the web, cut before and after its host (RFC 3986 section 3.2.2) and port.
fn around_host(url: &str) -> (&str, &str, &str) {
    let (scheme, rest) = split_after(url, url.find("://").map(|at| at.saturating_add(3)));
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // An old record may have a user, which can be mistaken for a host.
    let (_, host) = split_after(
        authority,
        authority.rfind('@').map(|at| at.saturating_add(1)),
    );
    let host_begins = scheme
        .len()
        .saturating_add(authority.len().saturating_sub(host.len()));
    (split_after(url, Some(host_begins)).0, host, after)
}

/// Both parts of `text`, of which the second begins `at` this byte, or with the text itself.
fn split_after(text: &str, at: Option<usize>) -> (&str, &str) {
    text.split_at_checked(at.unwrap_or_default())
        .unwrap_or(("", text))
}

/// `text` without its middle, if it is long.
fn cut(text: &str) -> Option<String> {
    let length = text.chars().count();
    let tail_begins = length.saturating_sub(TAIL);
    (tail_begins > HEAD.saturating_add(1)).then(|| {
        let head = text.chars().take(HEAD);
        let tail = text.chars().skip(tail_begins);
        head.chain(['…']).chain(tail).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> ShownDestination {
        ShownDestination::new(&Destination::from_stored(text).unwrap())
    }

    #[test]
    fn the_host_is_set_off() {
        for (text, parts) in [
            (
                "https://a.example/b?c#d",
                ("https://", "a.example", "/b?c#d"),
            ),
            ("http://a.example", ("http://", "a.example", "")),
            (
                "https://a.example:8443?b",
                ("https://", "a.example:8443", "?b"),
            ),
            (
                "https://a.example/?u=http://b.example/",
                ("https://", "a.example", "/?u=http://b.example/"),
            ),
            (
                "https://bank.example@evil.example/",
                ("https://bank.example@", "evil.example", "/"),
            ),
            ("mailto:a@b.example", ("", "", "mailto:a@b.example")),
            (
                "mailto:a@b.example?x=://bank.example/",
                ("", "", "mailto:a@b.example?x=://bank.example/"),
            ),
        ] {
            let it = shown(text);
            assert_eq!(
                (it.before.as_str(), it.host.as_str(), it.after.as_str()),
                parts
            );
            assert_eq!((it.whole.as_str(), it.is_cut), (text, false));
        }
    }

    #[test]
    fn a_long_one_is_cut_in_the_middle() {
        let uncut = "/".repeat(HEAD + TAIL + 1);
        assert!(!shown(&format!("https://a.example{uncut}")).is_cut);
        let long = format!("https://a.example/{}{}", "h".repeat(50), "t".repeat(50));
        let it = shown(&long);
        let after = format!("/{}…{}", "h".repeat(HEAD - 1), "t".repeat(TAIL));
        assert_eq!((it.is_cut, it.after), (true, after));
        assert_eq!(it.whole, long);
    }

    #[test]
    fn only_what_is_of_the_web_is_a_link() {
        assert!(shown("HTTPS://a.example").is_link);
        for other in ["mailto:a@b.example", "tel:+1", "app://open"] {
            assert!(!shown(other).is_link, "{other}");
        }
        // What would run in the page is no destination at all.
        assert_eq!(Destination::from_stored("javascript:alert(1)"), None);
    }
}
