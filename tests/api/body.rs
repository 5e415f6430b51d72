//! What is no link: bodies that are not JSON, not an object, not of known fields, or without an end.
//! How large a body may be: `size`.

use http::Method;
use serde_json::{Value, json};

use crate::{
    app::{AKAMAI, TOKEN, TestApp},
    tally::{Stored, Tally},
};

/// The largest body of a create, in bytes.
const LIMIT: usize = 64 * 1024;

/// A link's JSON, blown up with blanks to this many bytes.
fn padded(length: usize) -> String {
    let link = json!({ "short": "aka", "url": AKAMAI }).to_string();
    format!("{link}{}", " ".repeat(length - link.len()))
}

#[tokio::test]
async fn a_hostile_body_is_refused_for_what_it_is() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_objects = format!("{}1{}", r#"{"":"#.repeat(10_000), "}".repeat(10_000));
    let deep_objects = format!(r#"{{"url":{deep_objects}}}"#);
    let in_url = format!(r#"{{"url":{deep}}}"#);
    let in_unknown = format!(r#"{{"url":"https://a.example","x":{deep}}}"#);
    let rows: [(&str, &[u8], &str, &[&str]); 31] = [
        ("empty", b"", "invalid_json", &[]),
        ("blank", b" \n", "invalid_json", &[]),
        (
            "truncated",
            br#"{"url":"https://a.example""#,
            "invalid_json",
            &[],
        ),
        (
            "truncated in a string",
            br#"{"url":"https://a.exa"#,
            "invalid_json",
            &[],
        ),
        (
            "followed by more",
            br#"{"url":"https://a.example"}{}"#,
            "invalid_json",
            &[],
        ),
        ("an array of arrays", deep.as_bytes(), "invalid_json", &[]),
        (
            "an array of arrays as url",
            in_url.as_bytes(),
            "invalid_field",
            &["url type"],
        ),
        (
            "an array of arrays as x",
            in_unknown.as_bytes(),
            "unknown_field",
            &["x unknown"],
        ),
        (
            "objects of objects",
            deep_objects.as_bytes(),
            "invalid_field",
            &["url type"],
        ),
        ("null", b"null", "invalid_json", &[]),
        ("a number", b"1e999999", "invalid_json", &[]),
        ("a string", br#""https://a.example""#, "invalid_json", &[]),
        (
            "an array",
            br#"["aka","https://a.example",null,null,null]"#,
            "invalid_json",
            &[],
        ),
        (
            "a list of links",
            br#"[{"url":"https://a.example"}]"#,
            "invalid_json",
            &[],
        ),
        (
            "duplicate keys",
            br#"{"url":"https://a.example","url":"https://a.example"}"#,
            "invalid_json",
            &[],
        ),
        (
            "duplicate escaped keys",
            br#"{"url":"https://a.example","\u0075rl":"https://a.example"}"#,
            "invalid_json",
            &[],
        ),
        (
            "a raw NUL",
            b"{\"url\":\"https://a.example/\0\"}",
            "invalid_json",
            &[],
        ),
        (
            "an escaped NUL",
            br#"{"url":"https://a.example/\u0000"}"#,
            "invalid_field",
            &["url invalid_character"],
        ),
        (
            "a NUL in the code",
            br#"{"short":"a\u0000","url":"https://a.example"}"#,
            "invalid_field",
            &["short invalid_character"],
        ),
        (
            "invalid UTF-8",
            b"{\"url\":\"https://a.example/\xff\"}",
            "invalid_json",
            &[],
        ),
        (
            "a lone surrogate",
            br#"{"url":"https://a.example/\ud800"}"#,
            "invalid_json",
            &[],
        ),
        (
            "two byte order marks",
            b"\xef\xbb\xbf\xef\xbb\xbf{\"url\":\"https://a.example\"}",
            "invalid_json",
            &[],
        ),
        (
            "single quotes",
            b"{'url':'https://a.example'}",
            "invalid_json",
            &[],
        ),
        (
            "a trailing comma",
            br#"{"url":"https://a.example",}"#,
            "invalid_json",
            &[],
        ),
        (
            "an unknown key",
            br#"{"url":"https://a.example","id":"x"}"#,
            "unknown_field",
            &["id unknown"],
        ),
        (
            "a key in another case",
            br#"{"URL":"https://a.example"}"#,
            "unknown_field",
            &["URL unknown"],
        ),
        (
            "a field of the answer",
            br#"{"url":"https://a.example","created_at":"2030-01-01T00:00:00Z"}"#,
            "unknown_field",
            &["created_at unknown"],
        ),
        ("an empty object", b"{}", "invalid_field", &["url required"]),
        (
            "a null url",
            br#"{"url":null}"#,
            "invalid_field",
            &["url required"],
        ),
        (
            "a number for a text",
            br#"{"url":"https://a.example","short":7}"#,
            "invalid_field",
            &["short type"],
        ),
        (
            "several mistakes",
            br#"{"url":"ftp://a.example","short":"a b","note":"\n","expires_at":"soon"}"#,
            "invalid_field",
            &[
                "short invalid_character",
                "url scheme",
                "expires_at timestamp",
                "note invalid_character",
            ],
        ),
    ];
    let app = TestApp::start().await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("bodies that are no link");
    for (what, body, code, errors) in rows {
        let answer = app.post(body.to_vec()).await;
        tally.expect(Some(answer.status), Some(400), what);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, code),
            "{what}"
        );
        assert_eq!(answer.field_errors(), errors, "{what}");
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

#[tokio::test]
async fn an_unknown_field_is_answered_with_the_known_ones() {
    let app = TestApp::start().await;
    let answer = app
        .create(&json!({ "url": AKAMAI, "ttl": 60 }))
        .await
        .json();
    let detail = answer["detail"].as_str().expect("text");
    for known in [
        "short",
        "url",
        "expires_at",
        "not_before",
        "pass_on",
        "note",
    ] {
        assert!(detail.contains(known), "{detail}");
    }
}

/// A create with a chunked body, up to where the chunks begin.
fn chunked_head() -> String {
    format!(
        "POST /_api/links HTTP/1.1\r\nhost: short.example\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

#[tokio::test]
async fn the_limit_is_the_same_without_content_length() {
    let app = TestApp::start().await;
    for (length, status) in [(LIMIT, "201 Created"), (LIMIT + 1, "413 Payload Too Large")] {
        let mut connection = app.connect().await;
        let body = chunk(&padded(length));
        connection
            .send(format!("{}{body}0\r\n\r\n", chunked_head()))
            .await;
        let head = connection.read_head().await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{length}: {head}"
        );
    }
}

#[tokio::test]
async fn an_announced_body_that_is_too_large_is_refused_unread() {
    let app = TestApp::start().await;
    for length in [(LIMIT + 1).to_string(), (u64::MAX / 2).to_string()] {
        let mut connection = app.connect().await;
        let head = format!(
            "POST /_api/links HTTP/1.1\r\nhost: short.example\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        // Not one byte of the body.
        connection.send(head).await;
        let head = connection.read_head().await;
        assert!(head.starts_with("HTTP/1.1 413 "), "{length}: {head}");
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_refused_while_it_is_still_being_sent() {
    let app = TestApp::start().await;
    let mut connection = app.connect().await;
    connection.send(chunked_head()).await;
    // In small chunks, and never the last one.
    let blanks = chunk(&" ".repeat(1024));
    connection.send(blanks.repeat(LIMIT / 1024)).await;
    connection.send(chunk(" ")).await;
    let head = connection.read_head().await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn a_body_that_breaks_off_creates_nothing() {
    let app = TestApp::start().await;
    let mut connection = app.connect().await;
    connection
        .send(format!("{}{}", chunked_head(), chunk(&padded(100))))
        .await;
    while app.host().stats().requests == 0 {
        tokio::task::yield_now().await;
    }
    drop(connection);
    app.follow("/aka").await.assert_text(404, "Not Found");
    app.stop().await;
}

#[tokio::test]
async fn only_json_is_taken() {
    let app = TestApp::start().await;
    for (content_type, status) in [
        (Some("application/json"), 201),
        (Some("Application/JSON"), 201),
        (Some("application/json; charset=utf-8"), 201),
        (Some("application/json;charset=\"utf-8\""), 201),
        (Some("application/json ; a=b"), 201),
        (None, 415),
        (Some(""), 415),
        (Some("text/plain"), 415),
        (Some("text/json"), 415),
        (Some("application/jsonl"), 415),
        (Some("application/problem+json"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=application/json"), 415),
        (Some("application/json, text/plain"), 415),
    ] {
        let request = app
            .api(Method::POST, "links")
            .body(json!({ "url": AKAMAI }).to_string());
        let request = match content_type {
            Some(value) => request.header("content-type", value),
            None => request,
        };
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{content_type:?}");
        if status == 415 {
            assert_eq!(answer.problem(), "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn an_announced_encoding_does_not_smuggle_json_in() {
    let app = TestApp::start().await;
    let request = app
        .api(Method::POST, "links")
        .header("content-encoding", "gzip");
    let answer = request.json(&b"\x1f\x8b\x08\x00"[..]).send().await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (400, "invalid_json")
    );
}

#[tokio::test]
async fn a_field_error_says_the_rule_in_words() {
    let app = TestApp::start().await;
    let answer = app
        .create(&json!({ "url": "ftp://a.example" }))
        .await
        .json();
    let expected = json!([{
        "field": "url",
        "code": "scheme",
        "detail": "must begin with http:// or https://",
    }]);
    assert_eq!(answer["errors"], expected);
    assert_eq!(answer["detail"], "url must begin with http:// or https://");
    assert_eq!(answer["title"], Value::from("A field is invalid"));
}
