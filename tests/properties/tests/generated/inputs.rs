//! Hostile inputs for the property tests: near enough to what is valid to get past the first check.

use fakes::TOKEN;
use properties::Ask;
use proptest::{collection::vec, prelude::*};

/// `parts` one after the other: near enough to what is valid to get past the first check.
pub fn joined(parts: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let part = prop_oneof![
        12 => prop::sample::select(parts).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(part, 0..=most).prop_map(|parts| parts.concat())
}

/// Any text.
pub fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..80).prop_map(String::from_iter)
}

#[rustfmt::skip]
const SCHEMES: &[&str] = &[
    "http://", "https://", "HTTPS://", "hTTp://", "http:/", "http:", "//", "http:\\\\", "ftp://",
    "javascript:", "data:", " http://", "\thttps://", "http:///", "https:\n//", "httpx://",
];

#[rustfmt::skip]
const AUTHORITIES: &[&str] = &[
    "a", "Example.COM", "sho.rt", ".", "..", "。", "．", "%2e", "%2E", "@", "%40", "＠", ":", ":80",
    ":443", ":0", ":65535", ":65536", ":+80", ":８０", "user", "user:pass@", "[", "]", "[::1]",
    "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "[v1.a]", "127.0.0.1", "127.1", "0177.0.0.1",
    "0x7f000001", "2130706433", "256.1.1.1", "1.2.3.4.5", "bücher", "ß", "xn--", "xn--bcher-kva",
    "аpple", "ｅｘａｍｐｌｅ", "\u{ad}", "\u{200d}", "\u{202e}", "%ad", "%00", "%0d%0a", "%", "%zz",
    "%6", "%61", "-", "_", "~", "!", "$", "&", "'", "(", ")", "*", "+", ",", ";", "=", "\t",
    "\r\n", "\\", " ", "\0", "\u{7f}",
];

#[rustfmt::skip]
const TAILS: &[&str] = &[
    "/", "//", "/.", "/..", "/%2e%2E", "/.%2e/", "a", "b/../c", "C|/../c", "%2f", "%5c", "%zz", "%", "?",
    "#", "&", "=", "+", "'", "@", ":", "//evil.example", "\\", "|", "^", "`", "{", "}", "<", ">",
    "\"", " ", "\t", "\r\n", "\r\nSet-Cookie: a=b", "\0", "ü", "日本", "\u{202e}", "\u{feff}",
    "\u{85}", "\u{2028}", "\u{a0}", "\u{200b}", "\u{200d}", "❤\u{fe0f}", "م\u{200c}م", "\u{fe0f}", "é\u{200d}é", "葛\u{e0100}", "🏴\u{e0067}\u{e007f}", "ℹ\u{fe0f}", "👩\u{200d}💻", "[", "]", ";", "$", "*", "~", "?x[]=1", "#frag#frag",
];

pub fn url() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        3 => prop::sample::select(&["http://", "https://"][..]),
        1 => prop::sample::select(SCHEMES),
    ];
    let within = prop::sample::select(AUTHORITIES).prop_map(|part| format!("a{part}b.example"));
    let authority = prop_oneof![joined(AUTHORITIES, 4), within];
    let parts = (scheme, authority, joined(TAILS, 3));
    parts.prop_map(|(scheme, authority, tail)| format!("{scheme}{authority}{tail}"))
}

/// URLs of other schemes.
pub fn other_url() -> impl Strategy<Value = String> {
    const STARTS: &[&str] = &[
        "mailto:", "MAILTO:", "tel:", "x-app:", "x-app://", "ftp://", "ftp:", "sms:",
    ];
    let start = prop::sample::select(STARTS);
    let parts = (start, joined(AUTHORITIES, 3), joined(TAILS, 3));
    parts.prop_map(|(start, authority, tail)| format!("{start}{authority}{tail}"))
}

/// URLs whose stored form is about as long as one may be.
pub fn long_url() -> impl Strategy<Value = String> {
    let filling = prop::sample::select(&["x", "%2f", "ü", "日", "a.", "?"][..]);
    (filling, 7960..8030usize, any::<bool>()).prop_map(|(filling, length, host)| {
        let stored = if filling.is_ascii() { 1 } else { 3 } * filling.len();
        let start = if host { "https://a" } else { "https://a/" };
        start.to_owned() + &filling.repeat(length.saturating_sub(start.len()) / stored)
    })
}

#[rustfmt::skip]
pub const CODE_PARTS: &[&str] = &[
    "a", "Z", "0", "7", ".", "_", "~", "-", "..", ":", "/", "%", "%61", " ", "é", "а", "\0", "\n",
    "_api", "claim:", "robots.txt", "favicon.ico", "aaaaaaaaaaaaaaaa",
];

/// Times that have each part once and in order, one of them perhaps a strange one.
pub fn time() -> impl Strategy<Value = String> {
    let date = prop::sample::select(&["2031-01-31", "2032-02-29", "0000-01-01", "9999-12-31"][..]);
    let separator = prop::sample::select(&["T", "t", " ", ""][..]);
    let clock = prop::sample::select(&["00:00:00", "12:34:56", "23:59:59", "23:59:60"][..]);
    let fraction = prop::sample::select(&["", ".5", ".050", ".123456789", ".1234567890", "."][..]);
    let offset = prop::sample::select(&["Z", "z", "+00:00", "-00:30", "+23:59", "+24:00"][..]);
    (date, separator, clock, fraction, offset).prop_map(
        |(date, separator, clock, fraction, offset)| {
            [date, separator, clock, fraction, offset].concat()
        },
    )
}

#[rustfmt::skip]
pub const CACHE_CONTROL: &[&str] = &[
    "max-age", "MAX-AGE", "s-maxage", "=", "=60", "=0", "=31536000", "=\"60\"", ",", ", ", " ",
    "public", "private", "no-store", "no-cache", "immutable", "stale-while-revalidate",
    "stale-if-error", "must-revalidate", "\"", "no-cache=\"a, max-age=60\"", "99999999999999999999",
];

#[rustfmt::skip]
pub const UNICODE_PARTS: &[&str] = &[
    "a", "Z", "7", ".", "-", "é", "e\u{301}", "\u{301}", "ß", "İ", "п", "П", "α", "日", "カ", "ひ", "한",
    "ह", "ि", "ไ", "ع", "١", "\u{200c}", "\u{200d}", "\u{202e}", "\u{ad}", "\u{fe0f}", "🦀", "ａ", "ﬁ", "½",
    " ", ":", "/", "%C3%A9", "\u{1100}", "\u{1161}", "\u{212b}",
];

#[rustfmt::skip]
pub const RESTS: &[&str] = &[
    "/", "/", "..", ".", "%2e", "%2E", "%2f", "%5c", "\\", "a", "@", ":", "//evil.example", "?", "#",
    "&", "=", "%", "%zz", "%25", " ", "\t", "\n", "\0", "|", "é", "\u{2028}", ";", "C:", "'",
];

#[rustfmt::skip]
pub const TARGETS: &[&str] = &[
    "/", "/aZ0.b_c-d~e", "/aZ0.b_c-d~e", "/_api/links/aZ0.b_c-d~e", "/_api/links/aZ0.b_c-d~e/available", "/_api/links",
    "/_api/export", "/_api/health", "/robots.txt", "/none", "a", "~", "%41", "%2f", "%", "%4",
    "?limit=1", "?", "é", ".",
];

/// JSON that is nearly an object of these `members`, given with a valid value each.
pub fn object(members: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Vec<u8>> {
    #[rustfmt::skip]
    const OTHERS: &[&str] = &[
        "null", "true", "0", "-1e999", "[]", "{}", "\"", "\"\\ud800\"", "\"\\u0000\"", "nul", "",
    ];
    let hostile = prop_oneof![
        12 => text_value().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => prop::sample::select(OTHERS).prop_map(str::to_owned),
    ];
    let values = vec(prop::option::weighted(0.2, hostile), members.len());
    let chosen = prop::sample::subsequence(members, 0..=members.len());
    let written = (chosen, values).prop_map(|(chosen, values)| {
        let write = |((name, valid), value): (&(&str, &str), Option<String>)| {
            let value = value.unwrap_or_else(|| serde_json::to_string(valid).unwrap());
            format!("\"{name}\":{value}")
        };
        let members: Vec<_> = chosen.iter().zip(values).map(write).collect();
        format!("{{{}}}", members.join(","))
    });
    #[rustfmt::skip]
    const FRAMES: &[(&str, &str)] = &[
        ("[", "]"), ("\u{feff}", ""), ("", "{}"), (" \n", "\t"),
    ];
    let frame = prop_oneof![30 => Just(("", "")), 1 => prop::sample::select(FRAMES)];
    (frame, written).prop_map(|((before, after), text)| format!("{before}{text}{after}").into())
}

fn text_value() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    const TIMES: &[&str] = &[
        "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z", "2031-06-30T23:59:60Z",
        "2031-01-01t00:00:00.123456789+23:59", "0000-01-01T00:00:00+00:01", "2031-01-01",
        "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-00:01",
    ];
    prop_oneof![
        2 => url(),
        2 => joined(CODE_PARTS, 4),
        3 => prop::sample::select(TIMES).prop_map(str::to_owned),
        1 => any_text(),
        1 => Just("n".repeat(501)),
    ]
}

const URL: (&str, &str) = ("url", "https://akamai.com");
const SHORT: (&str, &str) = ("short", "abc");
const NOTE: (&str, &str) = ("note", "a note");
const START: (&str, &str) = ("not_before", "2030-02-01T00:00:00Z");
const END: (&str, &str) = ("expires_at", "2030-03-01T00:00:00Z");

#[rustfmt::skip]
const BODY: &[(&str, &str)] = &[
    URL, SHORT, NOTE, START, END,
];
#[rustfmt::skip]
const STRANGE_BODY: &[(&str, &str)] = &[
    URL, SHORT, NOTE, END, ("url", "https://a"), ("id", "x"), ("URL", "x"), (".", "x"), ("", "x"),
];
#[rustfmt::skip]
const EXPORTED_BODY: &[(&str, &str)] = &[
    URL, SHORT, NOTE, START, END, ("created_at", "2029-01-01T00:00:00Z"),
    ("updated_at", "2029-01-02T00:00:00Z"), ("short_url", "https://sho.rt/abc"), ("hits", "7"),
    ("created_by", "ci"), ("updated_by", "admin"),
];
#[rustfmt::skip]
pub const RECORD: &[(&str, &str)] = &[
    URL, SHORT, NOTE, START, END, ("id", "x"), ("created_at", "2029-01-01T00:00:00Z"),
    ("hits", "7"), ("updated_at", "2029-01-02T00:00:00Z"), ("created_by", "ci"), ("revision", "3"),
    ("request", "x"),
];

pub fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => object(BODY), 1 => object(STRANGE_BODY), 2 => object(EXPORTED_BODY)]
}

pub fn patch() -> impl Strategy<Value = Vec<u8>> {
    #[rustfmt::skip]
    const PATCH: &[(&str, &str)] = &[
        URL, NOTE, START, END,
    ];
    prop_oneof![8 => object(PATCH), 1 => object(STRANGE_BODY)]
}

pub fn ask() -> impl Strategy<Value = Ask> {
    #[rustfmt::skip]
    const METHODS: &[&str] = &[
        "GET", "GET", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS",
        "TRACE", "CONNECT", "BREW",
    ];
    #[rustfmt::skip]
    const PATHS: &[&str] = &[
        "/", "//", "/old", "/a", "/.", "/..", "/_api", "/_api/", "/_api/links", "/_api/links",
        "/_api/links/old", "/_api/links/old", "/_api/links/a/available", "/_api/health",
        "/_api/export", "/_api/import", "/_api/links/", "/claim:old", "/robots.txt",
        "/favicon.ico", "/%6fld", "/%ff", "/old?a=b", "?limit=1", "?cursor=%ff", "*",
        "http://sho.rt/old",
    ];
    #[rustfmt::skip]
    const CALLS: &[(&str, &str)] = &[
        ("POST", "/_api/links"), ("POST", "/_api/links"), ("PUT", "/_api/links/abc"),
        ("PUT", "/_api/links/old"), ("DELETE", "/_api/links/abc"), ("DELETE", "/_api/links/old"),
        ("POST", "/_api/import"), ("GET", "/_api/export"), ("GET", "/_api/links?limit=1"),
        ("GET", "/_api/links?limit=1&cursor=abc&prefix=o"), ("GET", "/abc"),
    ];
    let owned = |(method, target): (&str, &str)| (method.to_owned(), target.to_owned());
    let target = prop_oneof![
        4 => prop::sample::select(PATHS).prop_map(str::to_owned),
        1 => joined(PATHS, 3),
    ];
    let method = prop::sample::select(METHODS).prop_map(str::to_owned);
    let call = prop_oneof![
        3 => prop::sample::select(CALLS).prop_map(owned),
        1 => (method, target),
    ];
    let text = |values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(|value| value.as_bytes().to_vec())
    };
    let token = move || Just(format!("Bearer {TOKEN}").into_bytes());
    let authorization = prop_oneof![
        5 => token().prop_map(|value| vec![value]),
        1 => token().prop_map(|value| vec![value.clone(), value]),
        1 => text(&["", "Bearer", "Bearer ", "Basic YTpi", "Bearer wrong-token-wrong-token"])
            .prop_map(|value| vec![value]),
        1 => Just(vec![]),
    ];
    let media_type = prop_oneof![
        5 => text(&["application/json"]),
        1 => text(&["text/plain", "application/json; charset=utf-8", "application/x-ndjson", ""]),
    ];
    #[rustfmt::skip]
    const OTHERS: &[(&str, &str)] = &[
        ("host", "sho.rt"), ("host", "akamai.com"), ("host", "@:%"), ("content-length", "-1"),
        ("content-length", "99999999999999999999"), ("spin-full-url", "http://evil.example/"),
        ("x-forwarded-host", "evil.example"), ("origin", "https://evil.example"),
        ("x-http-method-override", "DELETE"), ("accept", "\u{ff}"),
    ];
    let body = prop_oneof![
        60 => body(),
        10 => vec(any::<u8>(), 0..40),
        1 => Just(vec![b' '; 64 * 1024 + 1]),
    ];
    let others = vec(prop::sample::select(OTHERS), 0..3);
    let parts = (call, authorization, media_type, others, body);
    parts.prop_map(
        |((method, target), authorization, media_type, others, body)| {
            let named = |value| ("authorization".to_owned(), value);
            let mut headers: Vec<_> = authorization.into_iter().map(named).collect();
            headers.push(("content-type".to_owned(), media_type));
            let others = others
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()));
            headers.extend(others);
            Ask {
                method,
                target,
                headers,
                body,
            }
        },
    )
}
