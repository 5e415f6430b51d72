//! Every method on every target a stranger may think of.

use serde_json::json;

use super::status;
use crate::{
    app::{TOKEN, TestApp},
    tally::{Stored, Tally},
};

/// What a target leads to.
#[derive(Clone, Copy)]
enum Leads {
    /// To a visitor's page, with this status for those who only read.
    Public(u16),
    /// Into the API, where nobody gets in without the token.
    Api,
    /// To Spin itself, whatever the method.
    Spin(u16),
    /// To the end of the connection: there is no answer to a request whose host is in doubt.
    Closed,
    /// To a refusal by the host's parser.
    Malformed,
}

use Leads::{Api, Closed, Malformed, Public, Spin};

const READ: [&str; 2] = ["GET", "HEAD"];
const OTHER: [&str; 8] = [
    "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get",
];
/// CONNECT has targets of its own kind, the others are no methods.
const ODD: [&str; 3] = ["CONNECT", "G\0T", ""];

fn expected(leads: Leads, method: &str) -> Option<u16> {
    match leads {
        Public(status) if READ.contains(&method) => Some(status),
        Public(_) => Some(405),
        Api => Some(401),
        Spin(status) => Some(status),
        Closed => None,
        Malformed => Some(400),
    }
}

async fn ask(app: &TestApp, method: &str, target: &str) -> String {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: sho.rt\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let mut connection = app.connect().await;
    connection.send(request).await;
    connection.read_what_comes().await
}

#[tokio::test]
async fn no_method_and_target_of_a_stranger_does_more_than_follow_a_link() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("methods and targets");
    let long = format!("/{}", "a".repeat(60_000));
    let too_long = format!("/{}", "a".repeat(70_000));
    for (target, leads) in [
        ("/aka", Public(301)),
        ("/", Public(404)),
        ("//", Public(404)),
        ("///aka", Public(404)),
        ("/aka/", Public(301)),
        ("/aka//", Public(404)),
        ("/aka/..", Public(404)),
        ("/x/../aka", Public(404)),
        ("/./aka", Public(404)),
        ("/../aka", Public(404)),
        ("/%2f", Public(404)),
        ("/%2e%2e", Public(404)),
        ("/%00", Public(404)),
        ("/%ff", Public(404)),
        ("/%61ka", Public(301)),
        ("/aka%0d%0aset-cookie:x", Public(404)),
        ("/aka;a=b", Public(404)),
        ("/aka?", Public(301)),
        // A URL without a path has an empty one, which is the root (RFC 9110 section 4.2.3).
        ("http://sho.rt?a", Public(404)),
        ("/aka?a=%00", Public(301)),
        ("/aka?a#b", Public(301)),
        ("/robots.txt", Public(200)),
        ("/claim:aka", Public(404)),
        ("/edit:aka", Public(404)),
        ("//_api/links", Public(404)),
        ("/_API/links", Public(404)),
        ("/%5fapi/links", Api),
        ("/_api", Public(404)),
        ("/_api/", Api),
        ("/_api/links", Api),
        ("/_api/links/aka", Api),
        ("/_api//links", Api),
        ("/_api/links/../links/aka", Api),
        ("/_api/links/%2e%2e", Api),
        ("/_api/export", Api),
        ("/_api/import", Api),
        ("/.well-known/spin/health", Spin(200)),
        ("http://sho.rt/aka", Public(301)),
        ("http://sho.rt/", Public(404)),
        ("http://sho.rt/_api/links/aka", Api),
        ("http://evil.example/aka", Closed),
        ("http://evil.example/_api/links/aka", Closed),
        ("http://user@sho.rt/aka", Closed),
        ("http://evil.example", Closed),
        ("*", Public(404)),
        ("evil.example:443", Closed),
        ("aka", Closed),
        ("?", Malformed),
        ("", Malformed),
        ("/\u{e4}", Public(404)),
        (&long, Public(404)),
        (&too_long, Spin(414)),
    ] {
        for method in READ.iter().chain(&OTHER) {
            let answer = ask(&app, method, target).await;
            let status = status(&answer);
            let what = format!("{method} {target:.80}");
            tally.expect(status, expected(leads, method), &what);
            if status == Some(301) {
                let line = "\r\nlocation: https://akamai.com\r\n";
                assert!(answer.contains(line), "{what}: {answer}");
            }
        }
        for method in ODD {
            let status = status(&ask(&app, method, target).await);
            assert_ne!(status, Some(301), "{method:?} {target}");
            tally.add(status, format!("{method} {target:.80}"));
        }
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

#[tokio::test]
async fn the_host_of_an_absolute_target_is_this_shortener_too() {
    let app = TestApp::start().await;
    for (target, url, expected) in [
        ("http://sho.rt/_api/links", "https://sho.rt/x", Some(400)),
        ("http://SHO.RT/_api/links", "https://sho.rt/x", Some(400)),
        ("http://sho.rt/_api/links", "https://a.example", Some(201)),
    ] {
        let body = json!({ "url": url }).to_string();
        let length = body.len();
        let answer = app
            .raw(&format!(
                "POST {target} HTTP/1.1\nhost: sho.rt\nauthorization: Bearer {TOKEN}\n\
                 content-type: application/json\ncontent-length: {length}\nconnection: close\n\n{body}"
            ))
            .await;
        assert_eq!(status(&answer), expected, "{target} {answer}");
        let own_host = answer.contains("\"code\":\"own_host\"");
        assert_eq!(own_host, expected == Some(400), "{target} {answer}");
    }
}

#[tokio::test]
async fn a_hundred_headers_are_served_and_one_more_is_refused() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for (count, expected) in [(100, 301), (101, 431)] {
        // Two are there already.
        let headers: String = (2..count).map(|n| format!("x-{n}: y\n")).collect();
        let request = format!("GET /aka HTTP/1.1\nhost: sho.rt\nconnection: close\n{headers}\n");
        let answer = app.raw(&request).await;
        assert_eq!(status(&answer), Some(expected), "{count} headers");
    }
}
