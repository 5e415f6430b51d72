//! Clients and data of the tutorial app this shortener replaces.

use embedded_host::Host;
use http::Method;

use crate::{
    app::{AKAMAI, TOKEN, TestApp, load, manifest},
    request::TestRequest,
};

#[tokio::test]
async fn the_tutorials_transcript_reads_the_same_byte_for_byte() {
    let app = TestApp::start().await;
    let follow = "GET /aka HTTP/1.1\nhost: short.example\nconnection: close\n\n";
    assert_eq!(
        app.raw(follow).await,
        "HTTP/1.1 404 Not Found\r\n\
         content-type: text/plain\r\n\
         content-length: 9\r\n\
         cache-control: no-store\r\n\
         connection: close\r\n\
         \r\n\
         Not Found"
    );

    let link = r#"{"short":"aka","url":"https://akamai.com"}"#;
    let create = format!(
        "POST /_api/links HTTP/1.1\nhost: short.example\nconnection: close\n\
         authorization: Bearer {TOKEN}\ncontent-type: application/json\n\
         content-length: {}\n\n{link}",
        link.len()
    );
    let created = app.raw(&create).await;
    assert!(created.starts_with("HTTP/1.1 201 Created\r\n"), "{created}");

    assert_eq!(
        app.raw(follow).await,
        "HTTP/1.1 301 Moved Permanently\r\n\
         content-length: 0\r\n\
         location: https://akamai.com\r\n\
         cache-control: private, max-age=90\r\n\
         x-robots-tag: noindex\r\n\
         connection: close\r\n\
         \r\n"
    );
}

#[tokio::test]
async fn links_of_the_tutorial_app_keep_redirecting_and_keep_their_code() {
    let tutorial = Host::builder(&load("tutorial"), &manifest()).variable("admin_token", TOKEN);
    let tutorial = tutorial.start().await.expect("the host starts");
    let link = r#"{"short":"aka","url":"https://akamai.com"}"#;
    let create = TestRequest::new(tutorial.addr(), Method::POST, "/_api/links").json(link);
    assert_eq!(create.send_unchecked().await.status, 201);
    let database = tutorial.database();
    tutorial.shutdown().await;

    let app = TestApp::build(|host| host.database(database)).await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    let read = app.get_link("aka").await;
    assert_eq!((read.status, read.text()), (200, link));
    assert_eq!(app.available("aka").await.text(), r#"{"available":false}"#);
    assert_eq!(app.post(link).await.problem(), "conflict");
}

#[tokio::test]
async fn records_of_the_tutorials_successors_are_links() {
    let app = TestApp::start().await;
    for record in [
        r#"{"short":"aka","url":"https://akamai.com","hits":7}"#,
        r#"{"hits":0,"url":"https://akamai.com","short":"aka"}"#,
        r#"{"short":"aka","url":"https:\/\/akamai.com","owner":{"teams":["a"]}}"#,
        // The key names the link.
        r#"{"short":"other","url":"https://akamai.com"}"#,
    ] {
        app.put_record("aka", record).await;
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let read = app.get_link("aka").await.json();
        assert_eq!(
            (&read["short"], &read["url"]),
            (&"aka".into(), &AKAMAI.into()),
            "{record}"
        );
    }
}

#[tokio::test]
async fn a_stored_url_that_no_header_can_hold_is_sent_as_a_browser_would_read_it() {
    let app = TestApp::start().await;
    for (stored, sent) in [
        (r"https://a.example/b c", "https://a.example/b%20c"),
        (r"https://a.example/ü", "https://a.example/%C3%BC"),
        (
            r"https://a.example/\r\nset-cookie: x",
            "https://a.example/set-cookie:%20x",
        ),
    ] {
        app.put_record("odd", format!(r#"{{"short":"odd","url":"{stored}"}}"#))
            .await;
        app.follow("/odd").await.assert_redirects_to(sent);
    }
}
