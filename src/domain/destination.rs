//! Where a link leads: an absolute `http` or `https` URL that is safe to send as a `Location`, or a
//! URL of another scheme that the operator allows.
//!
//! Two kinds of parser read a destination: the WHATWG parser of a browser and the RFC 3986 parser
//! of everything else. So a destination is accepted only if both read it the same way.

use super::{
    Host, Schemes,
    characters::{encoded_url, first_refused, is_uri_byte, trim},
    scheme::extra_scheme,
};
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, fmt};
use url::Url;

/// An absolute URL in ASCII, at most [`Destination::MAX_BYTES`] long, without user
/// information. ASCII input is kept byte for byte, except that blanks around it are cut off and
/// characters that a URI cannot hold are percent-encoded. Other input is kept in the form to which
/// the WHATWG URL standard serialises it, with the same exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    text: String,
    /// See [`Destination::host`].
    host: Option<Host>,
    port: Option<u16>,
}

/// What to send for a stored URL.
#[derive(Debug, PartialEq, Eq)]
pub struct Sendable<'a> {
    /// An absolute URL of visible ASCII characters.
    pub location: Cow<'a, str>,
    /// Whether it may only be sent if the operator allows its scheme.
    pub needs_permission: bool,
}

/// Why a text is not a valid destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationError {
    /// It does not begin with `http://` or `https://`, and the operator allows no other scheme.
    Scheme,
    /// It begins neither with `http://` or `https://` nor with a scheme that the operator allows.
    SchemeNotAllowed,
    /// It contains a character that no destination may hold (see `characters`).
    Character(char),
    /// Its authority contains a character that RFC 3986 section 2 excludes.
    HostCharacter(char),
    /// It has user information (RFC 3986 section 3.2.1), which can be mistaken for a host.
    UserInfo,
    /// No host follows the scheme.
    Host,
    /// The WHATWG URL standard refuses it, or its ASCII form breaks a rule.
    Unparsable,
    /// More than [`Destination::MAX_BYTES`] bytes as stored.
    TooLong,
}

impl Destination {
    /// The maximum length of a destination as stored, in bytes: what RFC 9110 section 4.1 asks
    /// everybody to support.
    pub const MAX_BYTES: usize = 8000;

    /// Accepts `text` if it is an `http(s)` URL. The documentation of the type says what is kept.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        Self::parse_with(text, &Schemes::default())
    }

    /// Accepts `text` if it is an `http(s)` URL or has one of these `schemes`.
    pub fn parse_with(text: &str, schemes: &Schemes) -> Result<Self, DestinationError> {
        let text = trim(text);
        let rest = strip_scheme(text);
        if rest.is_none() && !schemes.allow(text) {
            return Err(match schemes.is_empty() {
                true => DestinationError::Scheme,
                false => DestinationError::SchemeNotAllowed,
            });
        }
        if let Some(refused) = first_refused(text) {
            return Err(DestinationError::Character(refused));
        }
        // Before it is parsed: the parser takes `C|` in a path for a drive, which browsers do only in
        // `file` URLs.
        let encoded = encoded_url(text);
        let url = match rest {
            Some(rest) => parse_web(&encoded, rest)?,
            None => parse_other(&encoded, text)?,
        };
        let stored = if text.is_ascii() {
            &encoded
        } else {
            url.as_str()
        };
        if stored.len() > Self::MAX_BYTES {
            return Err(DestinationError::TooLong);
        }
        let web = rest.map(|_| &url);
        Ok(Self {
            text: stored.to_owned(),
            host: web.and_then(Host::of_url),
            port: web.and_then(Url::port_or_known_default),
        })
    }

    /// The URL as it is stored and sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host. `None` for a URL that is not `http(s)`, and for a stored one that is older than the
    /// rules of [`parse`](Self::parse) and has no usable host.
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// The port, or the default port of the scheme. `None` for a URL that is not `http(s)`, and for a
    /// stored one that is older than the rules of [`parse`](Self::parse) and that no browser could
    /// read.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether this is an `http(s)` URL.
    pub fn is_web(&self) -> bool {
        strip_scheme(&self.text).is_some()
    }

    /// Returns what to send for a stored `text`: the text itself if it is an absolute URL made of
    /// bytes that RFC 3986 allows. The tutorial app never checked its links, so any other text is
    /// parsed as the visitor's browser would parse it. `None` if the result is not an `http(s)`
    /// URL.
    ///
    /// A redirect checks nothing else, because the other rules applied when the link was created.
    pub fn sendable(text: Cow<'_, str>) -> Option<Sendable<'_>> {
        let is_web = strip_scheme(&text).is_some();
        if (is_web || extra_scheme(&text).is_some()) && text.bytes().all(is_uri_byte) {
            return Some(Sendable {
                location: text,
                needs_permission: !is_web,
            });
        }
        let url = Url::parse(&text).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| Sendable {
            location: String::from(url).into(),
            needs_permission: false,
        })
    }

    /// The destination of a stored link, which may be older than the rules of
    /// [`parse`](Self::parse). `None` if no visitor could be sent there, whatever the operator
    /// allows.
    pub fn from_stored(text: &str) -> Option<Self> {
        let sendable = Self::sendable(text.into())?;
        let text = sendable.location.into_owned();
        let url = Url::parse(&text).ok();
        let url = url.filter(|_| !sendable.needs_permission);
        Some(Self {
            host: url.as_ref().and_then(Host::of_url),
            port: url.as_ref().and_then(Url::port_or_known_default),
            text,
        })
    }
}

/// Parses an `http(s)` URL. As it was given, `rest` follows its scheme.
fn parse_web(encoded: &str, rest: &str) -> Result<Url, DestinationError> {
    // A browser would skip further slashes and read what follows as the host; other parsers see no
    // host at all.
    if authority(rest)?.is_empty() {
        return Err(DestinationError::Host);
    }
    let url = Url::parse(encoded).map_err(|_| DestinationError::Unparsable)?;
    Host::of_url(&url).ok_or(DestinationError::Host)?;
    // The parser decodes percent-encoding in a host, and the host may then contain a quote.
    match url.authority().bytes().all(is_uri_byte) {
        true => Ok(url),
        false => Err(DestinationError::Unparsable),
    }
}

/// Parses a URL of a scheme that the operator allows, which was given as `text`. What it identifies is
/// that scheme's business, so no rule for hosts applies.
fn parse_other(encoded: &str, text: &str) -> Result<Url, DestinationError> {
    let (_, rest) = text.split_once(':').unwrap_or_default();
    if rest.is_empty() {
        return Err(DestinationError::Unparsable);
    }
    let url = Url::parse(encoded).map_err(|_| DestinationError::Unparsable)?;
    let authority = rest.strip_prefix("//").map(authority).transpose()?;
    // Browsers read a host in these, wherever it stands, and others do not.
    match url.is_special() && authority.unwrap_or_default().is_empty() {
        true => Err(DestinationError::Host),
        false => Ok(url),
    }
}

/// The authority at the beginning of `rest`, up to the first of three characters (RFC 3986 section
/// 3.2). Refuses user information, characters that section 2 excludes, and encoded ones that no
/// destination may hold: a browser decodes those, and others do not.
fn authority(rest: &str) -> Result<&str, DestinationError> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(DestinationError::UserInfo);
    }
    let is_excluded = |c: &char| c.is_ascii() && !u8::try_from(*c).is_ok_and(is_uri_byte);
    let decoded = percent_decode_str(authority).decode_utf8_lossy();
    let hidden = || first_refused(&decoded).filter(|c| !c.is_ascii());
    match authority.chars().find(is_excluded).or_else(hidden) {
        Some(refused) => Err(DestinationError::HostCharacter(refused)),
        None => Ok(authority),
    }
}

/// Returns what follows `http://` or `https://` (in any case), if `text` begins with one of them.
fn strip_scheme(text: &str) -> Option<&str> {
    ["https://", "http://"].iter().find_map(|scheme| {
        let (head, rest) = text.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

impl DestinationError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scheme | Self::SchemeNotAllowed => "scheme",
            Self::Character(_) | Self::HostCharacter(_) => "invalid_character",
            Self::UserInfo => "user_info",
            Self::Host => "no_host",
            Self::Unparsable => "invalid_url",
            Self::TooLong => "too_long",
        }
    }
}

impl fmt::Display for DestinationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "must begin with http:// or https://",
            Self::SchemeNotAllowed => {
                "must begin with http://, https:// or a scheme that the operator allows"
            }
            Self::Character(c) => {
                return write!(f, "must not hold the character U+{:04X}", u32::from(*c));
            }
            Self::HostCharacter(c) => {
                return write!(
                    f,
                    "must not hold the character U+{:04X} in its host",
                    u32::from(*c)
                );
            }
            Self::UserInfo => "must not hold a user name or password",
            Self::Host => "must name a host right after the scheme",
            Self::Unparsable => "must be a valid URL with a valid host and port",
            Self::TooLong => "must be at most 8000 bytes once it is in ASCII form",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Result<String, DestinationError> {
        Destination::parse(text).map(|d| d.text)
    }

    #[test]
    fn ascii_destinations_are_kept_byte_for_byte() {
        for text in [
            "https://akamai.com",
            "HTTPS://Akamai.COM/",
            "http://a",
            "http://a:80",
            "https://a/b/../c/%2f%2F%zz",
            "https://a?x[]=1&y='*'",
            "https://a#frag",
            "https://[::1]:8443/",
            "http://127.0.0.1:3000/x",
            "https://example.com./",
        ] {
            assert_eq!(stored(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_letters_are_kept_in_their_ascii_form() {
        for (given, kept) in [
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            (
                "https://a.example/ü?ö#ä",
                "https://a.example/%C3%BC?%C3%B6#%C3%A4",
            ),
            ("https://a。example/é", "https://a.example/%C3%A9"),
            (
                "https://a/é|^?é`{#é|",
                "https://a/%C3%A9%7C%5E?%C3%A9%60%7B#%C3%A9%7C",
            ),
        ] {
            assert_eq!(stored(given).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn blanks_around_are_cut_off_and_what_a_uri_cannot_hold_is_encoded() {
        for (given, kept) in [
            (" http://a\n", "http://a"),
            ("\u{feff}http://a/b c\u{200b}", "http://a/b%20c"),
            ("http://a/|?{x}#^", "http://a/%7C?%7Bx%7D#%5E"),
            ("http://a?\"<`>", "http://a?%22%3C%60%3E"),
            ("http://a/%7C|%zz", "http://a/%7C%7C%zz"),
            ("http://a/C|/../é", "http://a/%C3%A9"),
            ("HTTP://A/../ ", "HTTP://A/../"),
        ] {
            assert_eq!(stored(given).as_deref(), Ok(kept), "{given:?}");
        }
    }

    #[test]
    fn each_rule_refuses_its_nearest_invalid_neighbour() {
        use DestinationError::*;
        for (text, error) in [
            ("", Scheme),
            ("akamai.com", Scheme),
            ("//akamai.com", Scheme),
            ("http:/a", Scheme),
            ("http:a", Scheme),
            ("\0http://a", Scheme),
            ("ftp://a", Scheme),
            ("httpsx://a", Scheme),
            ("javascript:alert(1)//http://a", Scheme),
            ("ｈttp://a", Scheme),
            ("http:\\\\a", Scheme),
            ("http://", Host),
            ("http:///a", Host),
            ("http://?a", Host),
            ("http://#a", Host),
            ("http://./", Host),
            ("http://u@a", UserInfo),
            ("http://u:p@a", UserInfo),
            ("http://@a", UserInfo),
            ("http://:@a", UserInfo),
            ("http://a b", HostCharacter(' ')),
            ("http://a{b", HostCharacter('{')),
            ("http://a\"", HostCharacter('"')),
            ("http://a/\\b", Character('\\')),
            ("http://a/\tb", Character('\t')),
            ("http://a/\r\nSet-Cookie: x", Character('\r')),
            ("http://a/\0", Character('\0')),
            ("http://a/\u{7f}", Character('\u{7f}')),
            ("http://a/\u{85}x", Character('\u{85}')),
            ("http://a\u{200b}/", Character('\u{200b}')),
            ("http://a%22/", Unparsable),
            ("http://a%E2%80%8Bb/", HostCharacter('\u{200b}')),
            ("http://a:99999", Unparsable),
            ("http://a:x", Unparsable),
            ("http://:80", Unparsable),
            ("http://[::1", Unparsable),
            ("http://[fe80::1%25eth0]/", Unparsable),
            ("http://a＠b", Unparsable),
            ("http://256.1.1.1", Unparsable),
            ("http://a%00b", Unparsable),
            ("http://ü%22", Unparsable),
            ("http://ü%60.example/", Unparsable),
            ("http://%7Bü%7D/", Unparsable),
        ] {
            assert_eq!(stored(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn an_at_sign_after_the_authority_is_no_user() {
        for text in ["https://a/@b", "https://a?@b", "https://a#@b"] {
            assert_eq!(stored(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn length_is_that_of_the_stored_form() {
        let ascii = |n: usize| format!("https://a/{}", "x".repeat(n - 10));
        assert!(stored(&ascii(8000)).is_ok());
        assert_eq!(stored(&ascii(8001)), Err(DestinationError::TooLong));
        // "ü" is two bytes as given and six as stored.
        let wide = |n: usize| format!("https://a/{}", "ü".repeat(n));
        assert_eq!(stored(&wide(1331)).map(|s| s.len()), Ok(7996));
        assert_eq!(stored(&wide(1332)), Err(DestinationError::TooLong));
    }

    #[test]
    fn a_stored_url_is_sent_as_it_stands_or_as_a_browser_would_read_it() {
        for (stored, sent) in [
            ("https://akamai.com", Some("https://akamai.com")),
            ("https://u:p@a/|", Some("https://u:p@a/|")),
            ("https://a/b c", Some("https://a/b%20c")),
            ("https://a/ü", Some("https://a/%C3%BC")),
            (
                "https://a/\r\nSet-Cookie: x",
                Some("https://a/Set-Cookie:%20x"),
            ),
            ("akamai.com", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            let sendable = Destination::sendable(stored.into());
            let sendable = sendable.filter(|it| !it.needs_permission);
            assert_eq!(sendable.map(|it| it.location).as_deref(), sent);
            let destination = Destination::from_stored(stored);
            assert_eq!(destination.as_ref().map(Destination::as_str), sent);
        }
    }
}
