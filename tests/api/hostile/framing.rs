//! Where a message ends, and what becomes of those that say it in two ways.

use serde_json::json;

use super::status;
use crate::{
    app::{AKAMAI, TOKEN, TestApp},
    tally::{Stored, Tally},
};

/// After a message that says how long it is, one way or another: a request that would delete the link
/// if it were taken for one.
fn smuggled() -> String {
    format!("DELETE /_api/links/aka HTTP/1.1\nhost: sho.rt\nauthorization: Bearer {TOKEN}\n\n")
}

/// Framings, with the status of a request without a token that has them, and whether its answer must
/// be the last on its connection, even if the client would go on.
const FRAMINGS: [(&str, u16, bool); 20] = [
    ("content-length: 4\ncontent-length: 4", 401, false),
    ("content-length: 4\ncontent-length: 5", 400, true),
    ("content-length: 4, 4", 400, true),
    ("content-length: +4", 400, true),
    ("content-length: -1", 400, true),
    ("content-length: 0x4", 400, true),
    ("content-length: 99999999999999999999", 400, true),
    ("content-length: 4\ntransfer-encoding: chunked", 401, true),
    ("transfer-encoding: chunked\ncontent-length: 4", 401, true),
    ("transfer-encoding: chunked, identity", 400, true),
    ("transfer-encoding: xchunked", 400, true),
    ("transfer-encoding : chunked", 400, true),
    (
        "transfer-encoding: chunked\ntransfer-encoding: chunked",
        401,
        false,
    ),
    ("content-length: 0\n folded: x", 400, true),
    ("expect: 200-maybe\ncontent-length: 0", 401, false),
    ("expect: 100-continue\ncontent-length: 0", 401, false),
    ("host: evil.example\ncontent-length: 0", 401, false),
    (
        "authorization: Bearer \u{ff}\ncontent-length: 0",
        401,
        false,
    ),
    ("bad name: x\ncontent-length: 0", 400, true),
    (": x\ncontent-length: 0", 400, true),
];

const BODIES: [&str; 6] = [
    "",
    "0\n\n",
    "4\nabcd\n0\n\n",
    "fffffffffffffffff\n",
    "-1\n",
    "4;x=\"\n",
];

#[tokio::test]
async fn a_message_whose_end_is_in_dispute_smuggles_nothing() {
    let mut tally = Tally::of("messages of disputed length");
    for (framing, expected, is_last) in FRAMINGS {
        let ends = match is_last {
            true => &["connection: close\n", ""][..],
            false => &["connection: close\n"],
        };
        for (body, end) in BODIES
            .iter()
            .flat_map(|body| ends.iter().map(move |end| (body, end)))
        {
            let app = TestApp::start().await;
            app.put_link("aka").await;
            let before = Stored::of(&app).await;
            let request = format!(
                "POST /_api/links HTTP/1.1\nhost: sho.rt\n{end}{framing}\n\n{body}{}",
                smuggled()
            );
            let mut connection = app.connect().await;
            connection.send(request.replace('\n', "\r\n")).await;
            connection.end().await;
            let answer = connection.read_what_comes().await;
            tally.expect(status(&answer), Some(expected), &request);
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request}{answer}");
            let reached = usize::from(expected != 400);
            assert_eq!(app.requests(), reached, "{request}{answer}");
            tally.look_at(&app, &before).await;
        }
    }
    tally.end();
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
