//! What strangers send, byte for byte, and a store that fails at every single call.
//!
//! The laws of every input and of whole exchanges are in `src/laws.rs`; these tests add what only
//! exists on the wire and in the host.

use embedded_host::VirtualClock;
use http::Method;
use serde_json::json;

use crate::app::{AKAMAI, Answer, TOKEN, TestApp};

/// The three-digit status of the first answer in `bytes`; `None` if the connection was closed.
fn status(bytes: &str) -> Option<u16> {
    let status = bytes.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    Some(status.parse().expect("a status"))
}

/// Every status there was, with how often, and no 5xx among them.
struct Tally {
    class: &'static str,
    statuses: std::collections::BTreeMap<Option<u16>, usize>,
}

impl Tally {
    fn of(class: &'static str) -> Self {
        let statuses = std::collections::BTreeMap::new();
        Self { class, statuses }
    }

    #[track_caller]
    fn add(&mut self, status: Option<u16>, request: &str) {
        assert!(status.is_none_or(|status| status < 500), "{request:.200}");
        *self.statuses.entry(status).or_default() += 1;
    }

    /// `None` stands for a connection closed without an answer.
    fn print(&self) {
        let tried: usize = self.statuses.values().sum();
        let statuses = &self.statuses;
        println!(
            "{}: {tried} tried, 0 panics, 0 5xx: {statuses:?}",
            self.class
        );
    }
}

/// What is stored, to be the same afterwards.
async fn stored(app: &TestApp) -> Vec<(String, Option<Vec<u8>>)> {
    let store = app.host().store();
    let mut found = vec![];
    for key in store.keys().await.expect("keys") {
        let value = store.get(&key).await.expect("a value");
        found.push((key, value));
    }
    found
}

#[tokio::test]
async fn no_method_and_target_of_a_stranger_does_more_than_follow_a_link() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let before = stored(&app).await;
    let mut tally = Tally::of("methods and targets");
    let long = format!("/{}", "a".repeat(60_000));
    let targets = [
        "/",
        "//",
        "///aka",
        "/aka/",
        "/aka/..",
        "/x/../aka",
        "/./aka",
        "/../aka",
        "/%2f",
        "/%2e%2e",
        "/%00",
        "/%ff",
        "/%61ka",
        "/aka%0d%0aset-cookie:x",
        "/aka;a=b",
        "/aka?",
        "/aka?a=%00#b",
        "/_api/links",
        "/_api/links/aka",
        "/_api//links",
        "//_api/links",
        "/_API/links",
        "/_api/links/../links/aka",
        "/_api/links/%2e%2e",
        "/%5fapi/links",
        "/_api/export",
        "/_api/import",
        "/claim:aka",
        "/edit:aka",
        "/.well-known/spin/health",
        "*",
        "http://evil.example/aka",
        "http://evil.example/_api/links/aka",
        "http://user@evil.example/",
        "http://evil.example",
        "evil.example:443",
        "aka",
        "?",
        "",
        &long,
    ];
    let methods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
        "get", "G\0T", "",
    ];
    for target in targets {
        for method in methods {
            let request = format!(
                "{method} {target} HTTP/1.1\nhost: sho.rt\ncontent-length: 0\nconnection: close\n\n"
            );
            let mut connection = app.connect().await;
            connection.send(request.replace('\n', "\r\n")).await;
            let answer = connection.read_what_comes().await;
            let status = status(&answer);
            tally.add(status, &request);
            if status == Some(301) {
                assert!(
                    answer.contains("\r\nlocation: https://akamai.com\r\n"),
                    "{request}"
                );
            }
        }
    }
    assert_eq!(stored(&app).await, before);
    tally.print();
}

#[tokio::test]
async fn a_message_whose_end_is_in_dispute_smuggles_nothing() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let before = stored(&app).await;
    let smuggled = format!(
        "DELETE /_api/links/aka HTTP/1.1\nhost: sho.rt\nauthorization: Bearer {}\n\n",
        "wrong-token-wrong-token"
    );
    let mut tally = Tally::of("messages");
    for framing in [
        "content-length: 4\ncontent-length: 4",
        "content-length: 4\ncontent-length: 5",
        "content-length: 4, 4",
        "content-length: +4",
        "content-length: -1",
        "content-length: 0x4",
        "content-length: 99999999999999999999",
        "content-length: 4\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\ncontent-length: 4",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: xchunked",
        "transfer-encoding : chunked",
        "transfer-encoding: chunked\ntransfer-encoding: chunked",
        "content-length: 0\n folded: x",
        "expect: 200-maybe\ncontent-length: 0",
        "expect: 100-continue\ncontent-length: 0",
        "host: evil.example\ncontent-length: 0",
        "authorization: Bearer \u{ff}\ncontent-length: 0",
        "bad name: x\ncontent-length: 0",
        ": x\ncontent-length: 0",
    ] {
        for body in [
            "",
            "0\n\n",
            "4\nabcd\n0\n\n",
            "fffffffffffffffff\n",
            "-1\n",
            "4;x=\"\n",
        ] {
            let request = format!(
                "POST /_api/links HTTP/1.1\nhost: sho.rt\nconnection: close\n{framing}\n\n{body}{smuggled}"
            );
            let mut connection = app.connect().await;
            connection.send(request.replace('\n', "\r\n")).await;
            connection.end().await;
            let answer = connection.read_what_comes().await;
            let status = status(&answer);
            tally.add(status, &request);
            assert!(!matches!(status, Some(200..=399)), "{request}\n{answer}");
        }
    }
    assert_eq!(stored(&app).await, before);
    tally.print();
}

#[tokio::test]
async fn a_hundred_headers_are_served_and_more_are_refused() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for (count, expected) in [(98, 301), (200, 431)] {
        let headers: String = (0..count).map(|n| format!("x-{n}: y\n")).collect();
        let request = format!("GET /aka HTTP/1.1\nhost: sho.rt\nconnection: close\n{headers}\n");
        assert_eq!(
            status(&app.raw(&request).await),
            Some(expected),
            "{count} headers"
        );
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_is_told_to_go_on_only_with_the_token() {
    let app = TestApp::start().await;
    let link = json!({ "short": "aka", "url": AKAMAI }).to_string();
    let head = |token: &str| {
        format!(
            "POST /_api/links HTTP/1.1\r\nhost: sho.rt\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            link.len()
        )
    };
    let mut stranger = app.connect().await;
    stranger.send(head("wrong-token-wrong-token")).await;
    assert_eq!(status(&stranger.read_head().await), Some(401));

    let mut holder = app.connect().await;
    holder.send(head(TOKEN)).await;
    assert_eq!(status(&holder.read_head().await), Some(100));
    holder.send(&link).await;
    assert_eq!(status(&holder.read_head().await), Some(201));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_an_aborted_one_harms_nobody() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let mut connection = app.connect().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: sho.rt\r\n\r\n");
    let head = |path: &str| format!("HEAD {path} HTTP/1.1\r\nhost: sho.rt\r\n\r\n");
    connection
        .send([get("/aka"), head("/none"), get("/aka")].concat())
        .await;
    let mut statuses = vec![];
    for _ in 0..3 {
        statuses.push(status(&connection.read_head().await));
    }
    assert_eq!(statuses, [Some(301), Some(404), Some(301)]);

    for cut in [
        "GET /aka HT",
        "POST /_api/links HTTP/1.1\r\nhost: sho.rt\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let mut connection = app.connect().await;
        connection.send(cut).await;
        drop(connection);
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn headers_that_claim_another_origin_change_no_answer() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    app.put_link("aka").await;
    for (method, path) in [
        (Method::GET, "/aka"),
        (Method::GET, "/none"),
        (Method::GET, "/_api/links/aka"),
        (Method::GET, "/_api/links"),
        (Method::GET, "/_api/health"),
    ] {
        let ask = || {
            let request = app.request(method.clone(), path);
            request.header("authorization", &format!("Bearer {TOKEN}"))
        };
        let plain = ask().send().await;
        let spoofed = ask()
            .host("evil.example")
            .header("spin-full-url", "https://evil.example/_api/links")
            .header("spin-path-info", "/_api/links")
            .header("spin-client-addr", "127.0.0.1:1")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "javascript")
            .header("x-forwarded-for", "127.0.0.1")
            .header("x-original-url", "/_api/export")
            .header("x-http-method-override", "DELETE")
            .header("forwarded", "for=127.0.0.1;host=evil.example")
            .send()
            .await;
        assert_eq!(without_date(plain), without_date(spoofed), "{path}");
    }
}

#[tokio::test]
async fn unknown_pending_and_invalid_codes_get_the_same_answer() {
    let app = TestApp::start().await;
    let pending =
        r#"{"short":"later","url":"https://akamai.com","not_before":"9999-01-01T00:00:00Z"}"#;
    app.put_record("later", pending).await;
    app.put_record("claim:later", "8 bytes!").await;
    for method in [Method::GET, Method::HEAD] {
        let unknown = app.request(method.clone(), "/none").send().await;
        assert_eq!(unknown.status, 404);
        let unknown = without_date(unknown);
        for path in [
            "/later",
            "/-",
            "/claim:later",
            "/%6cater",
            "/a/b",
            "/.env",
            "/favicon.ico",
        ] {
            let answer = app.request(method.clone(), path).send().await;
            assert_eq!(without_date(answer), unknown, "{method} {path}");
        }
    }
}

/// Everything of an answer but its date.
fn without_date(mut answer: Answer) -> String {
    answer.headers.remove("date");
    format!("{answer:?}")
}

/// What a holder of the token may do, on a store that holds the link `aka`.
const CALLS: [&str; 10] = [
    "follow",
    "health",
    "read",
    "available",
    "list",
    "export",
    "create",
    "update",
    "delete",
    "import",
];

async fn call(app: &TestApp, name: &str) -> Answer {
    try_call(app, name).await.expect("a whole answer")
}

/// `None` if the answer was broken off.
async fn try_call(app: &TestApp, name: &str) -> Option<Answer> {
    let link = json!({ "url": "https://new.example" }).to_string();
    let new = json!({ "short": "new", "url": AKAMAI }).to_string();
    let request = match name {
        "follow" => app.request(Method::GET, "/aka"),
        "health" => app.request(Method::GET, "/_api/health"),
        "read" => app.api(Method::GET, "links/aka"),
        "available" => app.api(Method::GET, "links/aka/available"),
        "list" => app.api(Method::GET, "links"),
        "export" => app.api(Method::GET, "export"),
        "create" => app.api(Method::POST, "links").json(new),
        "update" => app.api(Method::PUT, "links/aka").json(link),
        "delete" => app.api(Method::DELETE, "links/aka"),
        _ => app.api(Method::POST, "import").json(new),
    };
    request.try_send().await
}

/// Whether `name` has been done.
async fn done(app: &TestApp, name: &str) -> bool {
    match name {
        "create" | "import" => app.follow("/new").await.location() == AKAMAI,
        "update" => app.follow("/aka").await.location() == "https://new.example",
        "delete" => app.follow("/aka").await.status == 404,
        _ => true,
    }
}

/// Whether a failing store shows in the `answer`, after a look at whether it shows as it should.
#[track_caller]
fn is_felt(name: &str, answer: Option<Answer>, what: &str) -> bool {
    let Some(answer) = answer else {
        assert_eq!(
            name, "export",
            "only what has begun can be broken off: {what}"
        );
        return true;
    };
    if answer.status < 400 {
        return false;
    }
    assert_eq!(answer.status, 503, "{what}");
    if name != "health" {
        assert_eq!(answer.header("retry-after"), "2", "{what}");
    }
    if !["follow", "health"].contains(&name) {
        assert_eq!(answer.problem(), "unavailable", "{what}");
    }
    assert!(!answer.text().contains("too many"), "{what}");
    true
}

#[tokio::test]
async fn whatever_store_call_fails_the_answer_is_right_and_a_retry_finishes() {
    const STORE_CALLS: [&str; 6] = [
        "key-value.open",
        "key-value.get",
        "key-value.set",
        "key-value.delete",
        "key-value.get-keys",
        "atomics.increment",
    ];
    let (mut faults, mut felt) = (0, 0);
    for name in CALLS {
        for store_call in STORE_CALLS {
            for nth in 1..=3 {
                for before in [true, false] {
                    let clock = VirtualClock::auto();
                    let app = TestApp::build(|host| host.clock(&clock)).await;
                    app.put_link("aka").await;
                    let place = match before {
                        true => app.faults().before(store_call),
                        false => app.faults().after(store_call),
                    };
                    place.skip(nth - 1).times(2).fail("too many requests");
                    let answer = try_call(&app, name).await;
                    let what = format!("{name}, {store_call} {nth}, before: {before}: {answer:?}");
                    let is_felt = is_felt(name, answer, &what);
                    (faults, felt) = (faults + 1, felt + usize::from(is_felt));
                    app.faults().clear();
                    assert!(is_felt || done(&app, name).await, "{what}");
                    let again = call(&app, name).await;
                    let repeated = [404, 409].contains(&again.status);
                    assert!(again.status < 400 || repeated, "{what}, then {again:?}");
                    assert!(done(&app, name).await, "{what}, then {again:?}");
                }
            }
        }
    }
    println!("store faults: {faults} tried, {felt} felt, 0 panics, all finished by one retry");
}

#[tokio::test]
async fn a_list_of_keys_that_breaks_off_is_no_list() {
    for name in ["list", "export"] {
        for after in [0, 1, 2] {
            let app = TestApp::start().await;
            for code in ["a1", "a2", "a3"] {
                app.put_link(code).await;
            }
            app.cut_keys(after, "too many requests");
            let answer = call(&app, name).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (503, "unavailable")
            );
            assert_eq!(answer.header("retry-after"), "2");
        }
    }
}

#[tokio::test]
async fn garbage_in_the_store_is_named_skipped_or_mended() {
    for garbage in [
        "",
        "{",
        r#"{"short":"aka","url""#,
        "[]",
        "\u{0}\u{0}",
        r#"["https://a",null,null]"#,
    ] {
        for (name, status) in [
            ("follow", 500),
            ("read", 500),
            ("available", 200),
            ("list", 200),
            ("export", 200),
            ("update", 204),
            ("delete", 204),
        ] {
            let app = TestApp::start().await;
            app.put_record("aka", garbage).await;
            let answer = call(&app, name).await;
            assert_eq!(answer.status, status, "{name} {garbage:?}: {answer:?}");
            match name {
                "read" => assert_eq!(answer.problem(), "internal"),
                "list" => assert_eq!(
                    (answer.text(), answer.header("x-skipped-records")),
                    ("[]", "1")
                ),
                "export" => assert_eq!(answer.text(), ""),
                _ => assert!(done(&app, name).await, "{name} {garbage:?}"),
            }
        }
    }
}
