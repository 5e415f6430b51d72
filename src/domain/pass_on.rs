//! What of a visitor's request goes on to the destination: its query, the rest of its path, or
//! neither.

use super::characters::percent_encoded;
use std::{borrow::Cow, fmt};

/// What a link passes on. Nothing, unless its owner wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassOn {
    pub query: bool,
    pub path: bool,
}

/// A list that names something else than `query` and `path`, or one of them twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassOnError;

const QUERY: &str = "query";
const PATH: &str = "path";

impl PassOn {
    /// Reads the names in a record. Those of later versions are ignored.
    pub fn of_record(names: &[impl AsRef<str>]) -> Self {
        let has = |part| names.iter().any(|name| name.as_ref() == part);
        Self {
            query: has(QUERY),
            path: has(PATH),
        }
    }

    /// Reads a list of names in any order.
    pub fn parse(names: &[impl AsRef<str>]) -> Result<Self, PassOnError> {
        let mut given = Self::default();
        for name in names {
            let part = match name.as_ref() {
                QUERY => &mut given.query,
                PATH => &mut given.path,
                _ => return Err(PassOnError),
            };
            if std::mem::replace(part, true) {
                return Err(PassOnError);
            }
        }
        Ok(given)
    }

    /// The names, in the order in which they are stored and shown.
    pub fn names(self) -> Vec<&'static str> {
        let named = [(QUERY, self.query), (PATH, self.path)];
        let named = named.into_iter().filter(|(_, is_passed_on)| *is_passed_on);
        named.map(|(name, _)| name).collect()
    }

    /// Where to send a visitor who asked for `rest`, empty or with a leading slash, below the short
    /// code, and for `query`. What RFC 3986 excludes is percent-encoded on the way.
    ///
    /// Never leaves the scheme, the host, the port and the path of `location`.
    pub fn applied<'a>(self, location: Cow<'a, str>, rest: &str, query: &str) -> Cow<'a, str> {
        let rest = if self.path { rest } else { "" };
        let query = if self.query { query } else { "" };
        if rest.is_empty() && query.is_empty() {
            return location;
        }
        let (before, fragment) = split_before(&location, '#');
        let (path, own_query) = split_before(before, '?');
        let path = match rest {
            "" => path.to_owned(),
            // One slash between the two.
            rest => path.strip_suffix('/').unwrap_or(path).to_owned() + &without_dot_segments(rest),
        };
        let separator = match own_query {
            _ if query.is_empty() => "",
            "" => "?",
            own if own.ends_with(['?', '&']) => "",
            _ => "&",
        };
        let query = percent_encoded(query);
        format!("{path}{own_query}{separator}{query}{fragment}").into()
    }
}

/// `path`, encoded so that nobody takes a part of it for `.` or `..`, which lead upwards.
///
/// To browsers, `%2E` is a dot as well (URL standard, "double-dot URL path segment"), so the percent
/// sign is encoded. To some servers, an encoded slash or backslash separates as well, and what
/// follows a semicolon does not count.
fn without_dot_segments(path: &str) -> String {
    let encoded = percent_encoded(path);
    let mut kept = String::with_capacity(encoded.len());
    let mut begin = 0;
    for (end, _) in encoded.match_indices(['/', '%']) {
        let rest = encoded.get(end..).unwrap_or_default();
        if let Some(separator) = SEPARATORS.iter().find(|it| rest.starts_with(**it)) {
            push_segment(&mut kept, encoded.get(begin..end).unwrap_or_default());
            kept.push_str(separator);
            begin = end.saturating_add(separator.len());
        }
    }
    push_segment(&mut kept, encoded.get(begin..).unwrap_or_default());
    kept
}

/// What can separate the segments of a path.
const SEPARATORS: [&str; 5] = ["/", "%2F", "%2f", "%5C", "%5c"];

fn push_segment(path: &mut String, segment: &str) {
    let (name, parameters) = split_before(segment, ';');
    match name.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => path.push_str("%252E"),
        ".." => path.push_str("%252E%252E"),
        _ => path.push_str(name),
    }
    path.push_str(parameters);
}

/// `text` split before the first `delimiter`; after it is nothing if there is none.
fn split_before(text: &str, delimiter: char) -> (&str, &str) {
    text.split_at(text.find(delimiter).unwrap_or(text.len()))
}

impl fmt::Display for PassOnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("may hold only query and path, each once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: PassOn = PassOn {
        query: false,
        path: false,
    };
    const BOTH: PassOn = PassOn {
        query: true,
        path: true,
    };

    #[test]
    fn a_list_names_each_part_at_most_once() {
        for (names, parsed) in [
            (&[][..], Ok(NOTHING)),
            (&["path", "query"], Ok(BOTH)),
            (
                &["query"],
                Ok(PassOn {
                    path: false,
                    ..BOTH
                }),
            ),
            (
                &["path"],
                Ok(PassOn {
                    query: false,
                    ..BOTH
                }),
            ),
            (&["Query"], Err(PassOnError)),
            (&["fragment"], Err(PassOnError)),
            (&["query", "query"], Err(PassOnError)),
        ] {
            assert_eq!(PassOn::parse(names), parsed, "{names:?}");
        }
        assert_eq!(BOTH.names(), ["query", "path"]);
    }

    #[test]
    fn what_is_passed_on_stands_after_the_destinations_own() {
        for (location, rest, query, sent) in [
            ("https://a", "", "", "https://a"),
            ("https://a", "", "x=1", "https://a?x=1"),
            ("https://a/?", "", "x=1", "https://a/?x=1"),
            (
                "https://a/?y=2",
                "",
                "x=1&x=%20",
                "https://a/?y=2&x=1&x=%20",
            ),
            ("https://a/?y&", "", "x", "https://a/?y&x"),
            ("https://a/#f?g", "", "x", "https://a/?x#f?g"),
            ("https://a?y#f", "/b", "x", "https://a/b?y&x#f"),
            ("https://a", "/b/c", "", "https://a/b/c"),
            ("https://a/docs/", "/b/", "", "https://a/docs/b/"),
            (
                "https://a/docs",
                "//evil.example",
                "",
                "https://a/docs//evil.example",
            ),
            ("https://a/docs", "/%2Fb%5Cc", "", "https://a/docs/%2Fb%5Cc"),
            (
                "https://a/docs",
                "/..%2f.%5C..;x/b",
                "",
                "https://a/docs/%252E%252E%2f%252E%5C%252E%252E;x/b",
            ),
            (
                "https://a/docs",
                "/../../b",
                "",
                "https://a/docs/%252E%252E/%252E%252E/b",
            ),
            ("https://a/docs", "/./b", "", "https://a/docs/%252E/b"),
            (
                "https://a/docs",
                "/%2e./%2E",
                "",
                "https://a/docs/%252E%252E/%252E",
            ),
            ("https://a/docs", "/...", "", "https://a/docs/..."),
            (
                "https://a/docs",
                "/\\..\\é#",
                "|#",
                "https://a/docs/%5C%252E%252E%5C%C3%A9%23?%7C%23",
            ),
        ] {
            let passed = BOTH.applied(location.into(), rest, query);
            assert_eq!(passed, sent);
            assert_eq!(NOTHING.applied(location.into(), rest, query), location);
        }
    }
}
