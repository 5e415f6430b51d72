//! Clients that take their time over a body.

use serde_json::json;
use tokio::task::yield_now;

use super::status;
use crate::{
    app::{AKAMAI, TOKEN, TestApp},
    raw::RawConnection,
};

/// As many requests as an instance takes at once.
const AT_ONCE: usize = 16;

/// A create up to its body.
fn head(framing: &str) -> String {
    format!(
        "POST /_api/links HTTP/1.1\r\nhost: sho.rt\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\n{framing}\r\n\r\n"
    )
}

fn link(short: &str) -> String {
    json!({ "short": short, "url": AKAMAI }).to_string()
}

/// Sends a create without the second half of its body, and returns that with the connection when
/// the component has the request.
async fn stall(app: &TestApp, short: &str) -> (RawConnection, String) {
    let before = app.requests();
    let body = link(short);
    let (first, second) = body.split_at(body.len() / 2);
    let mut connection = app.connect().await;
    let framing = format!("content-length: {}", body.len());
    connection.send(head(&framing) + first).await;
    while app.requests() == before {
        yield_now().await;
    }
    (connection, second.to_owned())
}

#[tokio::test]
async fn neighbours_of_a_body_that_stalls_are_served() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let (mut connection, rest) = stall(&app, "slow").await;
    for _ in 0..AT_ONCE {
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
    }
    app.assert_one_instance();
    connection.send(rest).await;
    assert_eq!(status(&connection.read_head().await), Some(201));
    app.follow("/slow").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn as_many_stalled_bodies_as_an_instance_takes_keep_nobody_out() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let mut stalled = Vec::new();
    for n in 0..=AT_ONCE {
        stalled.push(stall(&app, &format!("slow{n}")).await);
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    for (mut connection, rest) in stalled {
        connection.send(rest).await;
        assert_eq!(status(&connection.read_head().await), Some(201));
    }
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_a_body() {
    let app = TestApp::start().await;
    let body = link("drops");
    let mut connection = app.connect().await;
    connection.send(head("transfer-encoding: chunked")).await;
    for byte in body.chars() {
        connection.send(format!("1\r\n{byte}\r\n")).await;
        yield_now().await;
    }
    connection.send("0\r\n\r\n").await;
    assert_eq!(status(&connection.read_head().await), Some(201));

    let body = link("more-drops");
    let mut connection = app.connect().await;
    let framing = format!("content-length: {}", body.len());
    for byte in (head(&framing) + &body).bytes() {
        connection.send([byte]).await;
        yield_now().await;
    }
    assert_eq!(status(&connection.read_head().await), Some(201));
}
