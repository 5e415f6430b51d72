//! Links that begin and links that end.

use std::time::Duration;

use embedded_host::VirtualClock;
use serde_json::json;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn a_link_redirects_from_not_before_until_just_before_expires_at() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let link = json!({
        "short": "sale",
        "url": AKAMAI,
        "not_before": "2026-01-01T01:00:10+01:00",
        "expires_at": "2026-01-01T00:00:20Z",
    });
    assert_eq!(app.create(&link).await.status, 201);
    for (second, status) in [
        (0, 404),
        (9, 404),
        (10, 301),
        (19, 301),
        (20, 410),
        (99, 410),
    ] {
        clock.advance(Duration::from_secs(second).saturating_sub(clock.elapsed()));
        let followed = app.follow("/sale").await;
        match status {
            404 => followed.assert_text(404, "Not Found"),
            410 => followed.assert_text(410, "Gone"),
            _ => {
                assert_eq!((followed.status, followed.location()), (301, AKAMAI));
                // Until the end, or shorter.
                let left = format!("private, max-age={}", 20 - second);
                assert_eq!(followed.header("cache-control"), left);
            }
        }
        let read = app.get_link("sale").await;
        assert_eq!(read.status, 200, "second {second}");
        assert_eq!(read.json()["not_before"], "2026-01-01T00:00:10Z");
        // A printed code never silently changes its owner.
        let again = json!({ "short": "sale", "url": AKAMAI });
        assert_eq!(app.create(&again).await.status, 409);
        assert_eq!(app.available("sale").await.json()["available"], false);
    }
}

#[tokio::test]
async fn no_cache_outlives_a_link_whatever_the_operator_has_set() {
    for (set, sent) in [
        ("private, max-age=90", "private, max-age=9"),
        (
            "public, s-maxage=600, max-age=5",
            "public, s-maxage=9, max-age=5",
        ),
        ("public, stale-while-revalidate=60", "public, max-age=9"),
        ("no-store", "no-store"),
    ] {
        let clock = VirtualClock::new();
        let app = TestApp::build(|host| {
            let host = host.clock(&clock);
            host.variable("redirect_cache_control", set)
        })
        .await;
        let end = "2026-01-01T00:00:10.900Z";
        let link = json!({ "short": "ends", "url": AKAMAI, "expires_at": end });
        assert_eq!(app.create(&link).await.status, 201);
        app.put_link("forever").await;
        clock.advance(Duration::from_secs(1));
        assert_eq!(app.follow("/ends").await.header("cache-control"), sent);
        assert_eq!(app.follow("/forever").await.header("cache-control"), set);
    }
}

#[tokio::test]
async fn an_end_within_the_current_second_counts_at_once() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.put_claimed_link("aka").await;
    clock.advance(Duration::from_millis(1_500));
    let ends = |at: &str| json!({ "url": AKAMAI, "expires_at": at });
    for (at, status) in [
        ("2026-01-01T00:00:01.300Z", "past"),
        ("2026-01-01T00:00:01.500Z", "past"),
        ("2026-01-01T00:00:01.501Z", ""),
    ] {
        let created = app.create(&ends(at)).await;
        match status {
            "" => assert_eq!(created.status, 201, "{at}"),
            rule => assert_eq!(
                created.field_errors(),
                [format!("expires_at {rule}")],
                "{at}"
            ),
        }
    }
    // The current second is no past one to begin in.
    let begins = json!({ "url": AKAMAI, "not_before": "2026-01-01T00:00:01Z" });
    let created = app.create(&begins).await;
    assert_eq!(created.json()["created_at"], "2026-01-01T00:00:01Z");

    let replaced = app.replace("aka", &ends("2026-01-01T00:00:01.500Z")).await;
    assert_eq!(replaced.status, 204);
    app.follow("/aka").await.assert_text(410, "Gone");
}

#[tokio::test]
async fn a_time_is_written_as_rfc_3339_has_it() {
    let app = TestApp::start().await;
    for wrong in [
        "2031-01-31x12:00:00Z",
        "2031-01-31512:00:00Z",
        "2031-01-31\n12:00:00Z",
        "2031-01-31 12:00:00Z",
        "2031-01-31T12:00:60Z",
        "2031-01-31T12:00:00+24:00",
        "2031-01-31T12:00:00.0000000001Z",
    ] {
        let link = json!({ "url": AKAMAI, "expires_at": wrong });
        let answer = app.create(&link).await;
        assert_eq!(answer.field_errors(), ["expires_at timestamp"], "{wrong:?}");
    }
    for (given, kept) in [
        ("2031-01-31t12:00:00z", "2031-01-31T12:00:00Z"),
        (
            "2031-01-31T12:00:00.000000001-00:00",
            "2031-01-31T12:00:00.000000001Z",
        ),
        ("2031-01-31T12:00:00+23:59", "2031-01-30T12:01:00Z"),
    ] {
        let link = json!({ "url": AKAMAI, "expires_at": given });
        assert_eq!(app.create(&link).await.json()["expires_at"], kept);
    }
}

#[tokio::test]
async fn each_end_may_be_open() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let from = json!({ "short": "from", "url": AKAMAI, "not_before": "2026-01-01T00:00:10Z" });
    let until = json!({ "short": "until", "url": AKAMAI, "expires_at": "2026-01-01T00:00:10Z" });
    assert_eq!(app.create(&from).await.status, 201);
    assert_eq!(app.create(&until).await.status, 201);
    let statuses = async || {
        (
            app.follow("/from").await.status,
            app.follow("/until").await.status,
        )
    };
    assert_eq!(statuses().await, (404, 301));
    clock.advance(Duration::from_secs(10));
    assert_eq!(statuses().await, (301, 410));
    clock.advance(Duration::from_secs(100 * 365 * 24 * 3600));
    assert_eq!(statuses().await, (301, 410));
}

#[tokio::test]
async fn a_lifetime_that_could_never_be_served_is_refused() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    for (expires_at, not_before, refused) in [
        ("2026-01-01T00:00:00Z", None, Some("expires_at past")),
        ("2026-01-01T00:00:01Z", None, None),
        ("2026-01-01T00:59:59+01:00", None, Some("expires_at past")),
        (
            "2026-01-02T00:00:00Z",
            Some("2026-01-02T00:00:00Z"),
            Some("expires_at order"),
        ),
        ("2026-01-02T00:00:00Z", Some("2026-01-01T23:59:59Z"), None),
        (
            "2027-01-01T00:00:00Z",
            Some("2025-12-31T23:59:59Z"),
            Some("not_before past"),
        ),
        ("2027-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"), None),
        ("2026-01-02T00:00:00", None, Some("expires_at timestamp")),
        ("2026-02-29T00:00:00Z", None, Some("expires_at timestamp")),
        ("2028-02-29T00:00:00Z", None, None),
        ("1767225601", None, Some("expires_at timestamp")),
        (
            "2027-01-01T00:00:00Z",
            Some("soon"),
            Some("not_before timestamp"),
        ),
    ] {
        let link = json!({ "url": AKAMAI, "expires_at": expires_at, "not_before": not_before });
        let answer = app.create(&link).await;
        match refused {
            None => assert_eq!(answer.status, 201, "{link}"),
            Some(error) => {
                assert_eq!(answer.problem(), "invalid_field", "{link}");
                assert_eq!(answer.field_errors(), [error], "{link}");
            }
        }
    }
}
