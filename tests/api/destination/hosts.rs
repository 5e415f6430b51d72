//! Which hosts a destination may have, in whatever spelling.

use http::Method;
use serde_json::json;

use super::assert_refused;
use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    tally::{Stored, Tally},
};

/// A create that is sent to this host.
async fn create_at(app: &TestApp, host: &str, url: &str) -> Answer {
    let request = app.api(Method::POST, "links").host(host);
    request.json(json!({ "url": url }).to_string()).send().await
}

async fn assert_own_host(app: &TestApp, host: &str, url: &str, refused: bool) {
    let answer = create_at(app, host, url).await;
    match refused {
        true => assert_refused(&answer, "own_host", url),
        false => assert_eq!(answer.status, 201, "{url}"),
    }
}

#[tokio::test]
async fn a_link_to_the_host_it_was_asked_for_is_refused() {
    let app = TestApp::start().await;
    for (host, url, refused) in [
        ("sho.rt", "https://sho.rt/x", true),
        ("sho.rt", "http://SHO.RT.:80", true),
        ("sho.rt", "http://sho.rt:8080", false),
        ("sho.rt:3000", "https://sho.rt:3000", true),
        ("sho.rt:3000", "https://sho.rt", false),
        ("127.0.0.1:3000", "http://127.0.0.1:8080/", false),
        ("Sho.Rt", "http://sho%2ert/", true),
        ("127.0.0.1:3000", "http://0x7f000001:3000/", true),
        ("[::1]:3000", "http://[0:0::1]:3000/", true),
        ("u@sho.rt", "https://sho.rt", true),
        ("xn--bcher-kva.example", "https://BÜCHER.example", true),
        ("sho.rt", "https://www.sho.rt", false),
        ("sho.rt", "https://notsho.rt", false),
        ("sho.rt", "https://sho.rt.example", false),
        ("sho.rt", "https://a.example/sho.rt", false),
    ] {
        assert_own_host(&app, host, url, refused).await;
    }
}

#[tokio::test]
async fn a_link_to_the_public_host_is_refused_whatever_host_was_asked_for() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    for host in ["sho.rt", "internal.example"] {
        for (url, refused) in [
            ("http://sho.rt/aka", true),
            ("https://sho.rt:8443/aka", false),
            ("https://a.sho.rt", false),
        ] {
            assert_own_host(&app, host, url, refused).await;
        }
    }
}

#[tokio::test]
async fn the_public_host_is_the_same_in_every_spelling() {
    let app = TestApp::with([("base_url", "https://bücher.example")]).await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("spellings of the own host");
    for url in [
        "https://bücher.example",
        "https://BÜCHER.example",
        "https://Bu\u{308}cher.Example.",
        "https://xn--bcher-kva.example",
        "https://XN--BCHER-KVA.example:443",
        "http://bücher。example:80/x",
        "https://ｂücher.example",
        "https://b%C3%BCcher.example",
    ] {
        let answer = app.create(&json!({ "url": url })).await;
        assert_refused(&answer, "own_host", url);
        tally.expect(Some(answer.status), Some(400), url);
    }
    tally.look_at(&app, &before).await;
    tally.end();
    let other = json!({ "url": "https://bucher.example" });
    assert_eq!(app.create(&other).await.status, 201);
}

#[tokio::test]
async fn a_blocked_host_is_blocked_in_every_spelling() {
    let blocked_hosts = "evil.example, bücher.example, \u{430}pple.example, 127.0.0.1, [::1]";
    let app = TestApp::with([("blocked_hosts", blocked_hosts)]).await;
    // Not by the address that the tests are served at.
    let create = async |url: &str| create_at(&app, "sho.rt", url).await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("spellings of blocked hosts");
    for url in [
        "https://evil.example..",
        "https://evil.example.:443",
        "https://www.EVIL.example",
        "https://ｅvil。example",
        "https://%65vil.example",
        "https://BÜCHER.example",
        "https://xn--bcher-kva.example",
        "https://a.b.xn--BCHER-kva.example",
        "https://bu\u{308}cher.example",
        // The first letter is Cyrillic.
        "https://\u{430}pple.example",
        "https://\u{410}PPLE.example",
        "https://xn--pple-43d.example",
        "http://127.0.0.1",
        "http://127.1",
        "http://0177.0.0.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://017700000001",
        "http://127.0.0.1.",
        "http://127.1..",
        "http://①27.0.0.1",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[0:0:0:0:0:0:0:1]",
    ] {
        let answer = create(url).await;
        assert_refused(&answer, "blocked_host", url);
        tally.expect(Some(answer.status), Some(400), url);
    }
    tally.look_at(&app, &before).await;
    tally.end();
    // Other hosts, however much they look like those.
    for url in [
        "https://apple.example",
        "https://bucher.example",
        "http://127.0.0.2",
        "http://[::2]",
    ] {
        let answer = create(url).await;
        assert_eq!(answer.status, 201, "{url}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_operator_says_which_hosts_links_may_lead_to() {
    let (ok, blocked, not_allowed) = (None, Some("blocked_host"), Some("host_not_allowed"));
    for (allowed_hosts, blocked_hosts, url, refused) in [
        ("", "", "https://evil.example", ok),
        ("", "evil.example", "https://evil.example/x", blocked),
        (
            "",
            "evil.example",
            "https://a.b.EVIL.example.:8443",
            blocked,
        ),
        ("", "evil.example", "https://ev%69l.example", blocked),
        ("", "evil.example", "https://notevil.example", ok),
        ("", "evil.example", "https://evil.example.org", ok),
        ("", "evil.example", "https://a.example/evil.example", ok),
        (
            "",
            " a.example , ,evil.example",
            "https://evil.example",
            blocked,
        ),
        ("", "10.0.0.1", "http://167772161/", blocked),
        ("", "[::1]", "http://[::0:1]/", blocked),
        ("akamai.com", "", AKAMAI, ok),
        ("Akamai.COM.", "", "https://www.akamai.com", ok),
        ("akamai.com", "", "https://notakamai.com", not_allowed),
        (
            "akamai.com",
            "",
            "https://akamai.com.evil.example",
            not_allowed,
        ),
        ("akamai.com,a.example", "", "https://a.example", ok),
        (
            "akamai.com",
            "login.akamai.com",
            "https://www.akamai.com",
            ok,
        ),
        (
            "akamai.com",
            "login.akamai.com",
            "https://login.akamai.com",
            blocked,
        ),
        ("akamai.com", "akamai.com", AKAMAI, blocked),
    ] {
        let variables = [
            ("allowed_hosts", allowed_hosts),
            ("blocked_hosts", blocked_hosts),
        ];
        let app = TestApp::with(variables).await;
        let answer = app.create(&json!({ "url": url })).await;
        match refused {
            Some(error) => assert_refused(&answer, error, url),
            None => assert_eq!(answer.status, 201, "{variables:?} {url}"),
        }
    }
}

#[tokio::test]
async fn a_policy_does_not_stop_links_that_are_older_than_it() {
    let app = TestApp::with([("blocked_hosts", "akamai.com")]).await;
    app.put_link("aka").await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn a_private_host_is_refused_in_every_spelling_where_the_operator_wants() {
    let app = TestApp::with([("private_hosts", "refuse")]).await;
    let open = TestApp::start().await;
    for url in [
        "http://localhost:8080/",
        "http://LOCALHOST./",
        "http://a.localhost",
        "http://ⓛocalhost",
        "http://127.0.0.1",
        "http://127.1",
        "http://0x7f000001",
        "http://017700000001/",
        "http://[::1]:8080/",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:a00:1]",
        "http://[64:ff9b::10.0.0.1]",
        "http://0",
        "http://10.0.0.1",
        "http://172.16.0.1",
        "http://192.168.1.1",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]",
        "http://[fd00::1]",
        "http://printer.local/",
        "http://router/",
        "http://nas.lan",
        "http://[fec0::1]",
        "http://[::ffff:0:7f00:1]",
        "http://198.18.0.1",
    ] {
        let refused = create_at(&app, "sho.rt", url).await;
        assert_refused(&refused, "private_host", url);
        assert_eq!(create_at(&open, "sho.rt", url).await.status, 201, "{url}");
    }
    for url in [
        "http://172.32.0.1",
        "http://8.8.8.8",
        "http://[2001:db8::1]",
        "http://localhost.example",
    ] {
        assert_eq!(create_at(&app, "sho.rt", url).await.status, 201, "{url}");
    }
}
