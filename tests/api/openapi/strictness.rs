//! The judge is a strict one: whatever contradicts the document is found.

use super::check_bytes;

const SEAL: &str = "cache-control: no-store\nx-content-type-options: nosniff\n\
    content-security-policy: default-src 'none'; frame-ancestors 'none'\n";

/// Messages as they should be: a request, and its answer.
const READ: [&str; 4] = [
    "GET /_api/links/aka HTTP/1.1\nauthorization: Bearer x\n",
    "",
    "HTTP/1.1 200 OK\ncontent-type: application/json\netag: \"6f1ed002ab5595859014ebf0951522d9\"\nSEAL",
    r#"{"short":"aka","url":"https://akamai.com"}"#,
];
const CREATE: [&str; 4] = [
    "POST /_api/links HTTP/1.1\nauthorization: Bearer x\ncontent-type: application/json\n",
    r#"{"url":"https://akamai.com"}"#,
    "HTTP/1.1 201 Created\ncontent-type: application/json\nlocation: /aka\n\
     etag: \"6f1ed002ab5595859014ebf0951522d9\"\nSEAL",
    r#"{"short":"aka","url":"https://akamai.com","created_at":"2026-01-01T00:00:00Z","created_by":"ci"}"#,
];
const IMPORT: [&str; 4] = [
    "POST /_api/import HTTP/1.1\nauthorization: Bearer x\ncontent-type: application/x-ndjson\n",
    "{\"short\":\"aka\",\"url\":\"https://akamai.com\"}\n{}\n",
    "HTTP/1.1 200 OK\ncontent-type: application/json\nSEAL",
    r#"{"created":1,"skipped":0,"failed":[{"line":2,"code":"invalid_field","detail":"x"}]}"#,
];
const LIST: [&str; 4] = [
    "GET /_api/links?limit=1&prefix=a HTTP/1.1\nauthorization: Bearer x\n",
    "",
    "HTTP/1.1 200 OK\ncontent-type: application/json\n\
     link: </_api/links?order=code&limit=1&cursor=aka&prefix=a>; rel=\"next\"\nx-order: code\nSEAL",
    r#"[{"short":"aka","url":"https://akamai.com"}]"#,
];
const EXPORT: [&str; 4] = [
    "GET /_api/export HTTP/1.1\nauthorization: Bearer x\n",
    "",
    "HTTP/1.1 200 OK\ncontent-type: application/x-ndjson\nx-order: oldest\ntransfer-encoding: chunked\nSEAL",
    "2b\r\n{\"short\":\"aka\",\"url\":\"https://akamai.com\"}\n\r\n0\r\n\r\n",
];
const BUSY: [&str; 4] = [
    "DELETE /_api/links/aka HTTP/1.1\nauthorization: Bearer x\n",
    "",
    "HTTP/1.1 503 Service Unavailable\ncontent-type: application/problem+json\nretry-after: 2\nSEAL",
    r#"{"title":"x","status":503,"detail":"x","code":"unavailable"}"#,
];
const OTHER: [&str; 4] = [
    "PATCH /aka HTTP/1.1\n",
    "",
    "HTTP/1.1 405 Method Not Allowed\ncontent-type: text/plain\ncache-control: no-store\nallow: GET, HEAD\n",
    "Method Not Allowed",
];
const SHARED: [&str; 4] = [
    "GET /_api/health HTTP/1.1\norigin: https://app.example\n",
    "",
    "HTTP/1.1 200 OK\ncontent-type: application/json\nx-shortener-version: 1.0.0\n\
     access-control-expose-headers: accept-patch, allow, etag, link, location, retry-after, www-authenticate, x-order, \
     x-shortener-version, x-skipped-records\n\
     access-control-allow-origin: https://app.example\nvary: origin\nSEAL",
    r#"{"status":"pass"}"#,
];
const LOST: [&str; 4] = [
    "GET /aka HTTP/1.1\n",
    "",
    "HTTP/1.1 500 Internal Server Error\n",
    "",
];

/// What is found in `messages` where `from` has become `to`; empty if nothing is.
fn found(messages: [&str; 4], from: &str, to: &str) -> String {
    assert!(messages.concat().contains(from), "{from} is nowhere");
    let [asked, sent, answered, body] =
        messages.map(|part| part.replace(from, to).replace("SEAL", SEAL));
    let message = |head: &str, body: &str| {
        let length = match head.contains("chunked") {
            true => String::new(),
            false => format!("content-length: {}\n", body.len()),
        };
        let head = format!("{head}{length}\n").replace('\n', "\r\n");
        format!("{head}{body}").into_bytes()
    };
    let fault = check_bytes(&message(&asked, &sent), &message(&answered, &body));
    fault.err().unwrap_or_default()
}

#[test]
fn what_is_as_documented_is_not_objected_to() {
    for messages in [
        READ, CREATE, IMPORT, LIST, EXPORT, BUSY, OTHER, SHARED, LOST,
    ] {
        assert_eq!(found(messages, " HTTP/1.1\n", " HTTP/1.1\n"), "");
    }
}

#[test]
fn an_answer_that_is_not_as_documented_is_found() {
    for (messages, from, to, expected) in [
        (READ, "200 OK", "418 Teapot", "the status is not documented"),
        (
            READ,
            "application/json",
            "text/html",
            "text/html is not documented",
        ),
        (
            READ,
            "content-type: application/json\n",
            "",
            "its media type is not stated",
        ),
        (
            READ,
            "SEAL",
            "x-extra: 1\nSEAL",
            "the header x-extra is not documented",
        ),
        (
            READ,
            "SEAL",
            "cache-control: no-store\nx-content-type-options: nosniff\n",
            "there is no header Content-Security-Policy",
        ),
        (
            READ,
            "SEAL",
            "SEALcache-control: no-store\n",
            "two headers Cache-Control",
        ),
        (
            READ,
            r#""url":"https://akamai.com""#,
            r#""url":7"#,
            r#"at "/url""#,
        ),
        (
            READ,
            r#","url":"https://akamai.com""#,
            "",
            r#""url" is a required property"#,
        ),
        (
            READ,
            r#"{"short""#,
            r#"{"hits":1,"short""#,
            "'hits' was unexpected",
        ),
        (
            READ,
            r#"{"short":"aka""#,
            r#"{"short":"robots.txt""#,
            r#"at "/short""#,
        ),
        (
            READ,
            "GET",
            "BREW",
            "other methods of /_api/links/{short} 200",
        ),
        (
            READ,
            "SEAL",
            "access-control-allow-origin: https://app.example\nSEAL",
            "the header access-control-allow-origin is not documented",
        ),
        (SHARED, "vary: origin\n", "", "there is no header Vary"),
        (
            SHARED,
            "origin: https://app.example\nvary",
            "origin: *\nvary",
            "the header Access-Control-Allow-Origin",
        ),
        (
            SHARED,
            "/health HTTP/1.1\norigin: https://app.example\n",
            "/health HTTP/1.1\n",
            "the header access-control-expose-headers is not documented",
        ),
        (
            CREATE,
            "location: /aka\n",
            "",
            "there is no header Location",
        ),
        (
            CREATE,
            "location: /aka",
            "location: //aka",
            "the header Location",
        ),
        (
            CREATE,
            r#","created_at":"2026-01-01T00:00:00Z""#,
            "",
            r#""created_at" is a required"#,
        ),
        (
            CREATE,
            "2026-01-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            r#"at "/created_at""#,
        ),
        (
            CREATE,
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00+01:00",
            r#"at "/created_at""#,
        ),
        (LIST, "cursor=aka&", "", "the header Link"),
        (EXPORT, "{\"short\"", "[\"short\"", "line 1 is no JSON"),
        (EXPORT, "{\"short\"", "{\"sh0rt\"", "line 1"),
        (
            BUSY,
            "retry-after: 2\n",
            "",
            "there is no header Retry-After",
        ),
        (
            BUSY,
            "retry-after: 2",
            "retry-after: 3",
            "the header Retry-After",
        ),
        (
            BUSY,
            "unavailable",
            "misconfigured",
            "Retry-After is not for it",
        ),
        (BUSY, "unavailable", "internal", r#"at "/code""#),
        (BUSY, "\"status\":503", "\"status\":500", r#"at "/status""#),
        (OTHER, "GET, HEAD", "GET", "the header Allow"),
        (
            OTHER,
            "PATCH",
            "GET",
            "GET /{short} 405: the status is not documented",
        ),
        (
            LOST,
            "500 Internal Server Error\n",
            "500 x\nallow: GET\n",
            "its media type is not stated",
        ),
        (LOST, "500", "502", "the status is not documented"),
    ] {
        let fault = found(messages, from, to);
        assert!(fault.contains(expected), "{from} -> {to}: {fault:?}");
    }
}

#[test]
fn a_request_that_should_not_have_been_accepted_is_found() {
    for (messages, from, to, expected) in [
        (READ, "authorization: Bearer x\n", "", "it has no token"),
        (READ, "links/aka", "links/a%20b", "the parameter short"),
        (
            LIST,
            "limit=1&prefix=a HTTP",
            "limit=0 HTTP",
            "the parameter limit",
        ),
        (
            LIST,
            "limit=1&prefix=a HTTP",
            "limit=%2B1 HTTP",
            "the parameter limit",
        ),
        (
            LIST,
            "limit=1&prefix=a HTTP",
            "page=1 HTTP",
            "page is not documented",
        ),
        (
            CREATE,
            r#"{"url""#,
            r#"{"id":1,"url""#,
            "'id' was unexpected",
        ),
        (
            CREATE,
            "x\ncontent-type",
            "x\nidempotency-key: a b\ncontent-type",
            "the parameter Idempotency-Key",
        ),
        (
            CREATE,
            "x\ncontent-type: application/json\n",
            "x\n",
            r#""" is not documented"#,
        ),
        (
            IMPORT,
            r#"{"line":2,"code":"invalid_field","detail":"x"}"#,
            "",
            "line 2",
        ),
        (IMPORT, "{}\n", "{}\n{\"short\":7}\n", "line 3"),
    ] {
        let fault = found(messages, from, to);
        assert!(
            fault.contains("was accepted, but"),
            "{from} -> {to}: {fault:?}"
        );
        assert!(fault.contains(expected), "{from} -> {to}: {fault:?}");
    }
}
