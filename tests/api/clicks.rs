//! Counting clicks: which count, that none is lost or counted twice, and that the answer does not wait for
//! the count.

use std::time::Duration;

use embedded_host::{Gate, HostBuilder, LogSource, LogWrite, VirtualClock};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp, reuses_instances},
    transfer::report,
};

/// How often to ask for clicks that are on their way before they count as lost.
const PATIENCE: usize = 5000;

/// Requests that Spin gives an instance of the WASI 0.3 build.
const REQUESTS_AN_INSTANCE: usize = 128;

impl TestApp {
    async fn counting(mode: &str) -> Self {
        Self::with([("clicks", mode)]).await
    }

    /// The answer that says how often a link was followed.
    async fn clicks(&self, short_and_query: &str) -> Answer {
        let (short, query) = short_and_query
            .split_once('?')
            .unwrap_or((short_and_query, ""));
        let path = format!("links/{short}/clicks?{query}");
        self.api(Method::GET, &path).send().await
    }

    async fn total(&self, short: &str) -> u64 {
        let answer = self.clicks(short).await;
        answer.json()["total"].as_u64().expect("a total")
    }

    /// Returns when so many clicks are counted. More than that, or fewer for too long, is a failure.
    async fn until_counted(&self, short: &str, clicks: u64) {
        let mut total = 0;
        for _ in 0..PATIENCE {
            total = self.total(short).await;
            assert!(total <= clicks, "{short}: {total} of {clicks} clicks");
            if total == clicks {
                return;
            }
        }
        panic!("{short}: {total} of {clicks} clicks");
    }

    /// Returns when the store has so many counters of clicks.
    async fn until_there_are_counters(&self, count: usize) {
        for _ in 0..PATIENCE {
            if self.counters().await.len() == count {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{:?}", self.counters().await);
    }

    /// Returns when the host has noticed that an instance died.
    async fn until_an_instance_is_lost(&self) {
        let is_lost = |write: &LogWrite| write.source == LogSource::Host;
        for _ in 0..PATIENCE {
            if self.host().log_writes().iter().any(is_lost) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no instance was lost");
    }

    /// The keys of counters of clicks.
    async fn counters(&self) -> Vec<String> {
        let keys = self.host().store().keys().await.expect("the keys");
        let is_counter = |key: &String| key.starts_with("clicks:") && key != "clicks:offered";
        let mut keys: Vec<String> = keys.into_iter().filter(is_counter).collect();
        keys.sort_unstable();
        keys
    }

    /// Adds to a counter behind the component's back.
    async fn add(&self, key: &str, clicks: i64) {
        let added = self.host().store().increment(key, clicks).await;
        added.expect("the store takes it");
    }
}

fn days(answer: &Answer) -> Vec<(String, u64)> {
    let days = answer.json()["days"].as_array().cloned().expect("days");
    let day = |day: &Value| {
        let date = day["date"].as_str().expect("a date").to_owned();
        (date, day["clicks"].as_u64().expect("clicks"))
    };
    days.iter().map(day).collect()
}

#[tokio::test]
async fn only_a_redirect_that_was_asked_for_with_get_counts() {
    let app = TestApp::counting("total").await;
    app.put_link("aka").await;
    // Its counter would be written before that of aka.
    app.put_link("ada").await;
    let ended = json!({ "url": AKAMAI, "expires_at": "2020-01-01T00:00:00Z" });
    app.put_record("ended", ended.to_string()).await;
    let visit = |method, path, agent: &'static str| {
        let request = app.request(method, path);
        request.header("user-agent", agent).send()
    };
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    for (method, path, agent, status) in [
        (Method::HEAD, "/ada", "curl/8.5.0", 301),
        (Method::GET, "/ada", googlebot, 301),
        (Method::GET, "/ada", "Slackbot-LinkExpanding 1.0", 301),
        (Method::GET, "/ended", "curl/8.5.0", 410),
        (Method::GET, "/none", "curl/8.5.0", 404),
        (Method::POST, "/ada", "curl/8.5.0", 405),
        (Method::GET, "/aka", "Mozilla/5.0 (X11; Linux x86_64)", 301),
        (Method::GET, "/aka", "curl/8.5.0", 301),
    ] {
        assert_eq!(visit(method, path, agent).await.status, status, "{path}");
    }
    app.follow("/aka/").await.assert_redirects_to(AKAMAI);
    app.until_counted("aka", 3).await;
    assert_eq!(app.counters().await, ["clicks:aka:"]);
}

#[tokio::test]
async fn without_counting_a_redirect_writes_nothing_and_no_answer_has_clicks() {
    let app = TestApp::start().await;
    app.put_record("aka", json!({ "url": AKAMAI, "hits": 7 }).to_string())
        .await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    assert_eq!(app.get_link("aka").await.json()["clicks"], Value::Null);
    let refused = app.clicks("aka").await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (409, "not_counted")
    );
    assert_eq!(app.host().store().keys().await, Ok(vec!["aka".to_owned()]));
}

#[tokio::test]
async fn a_visitor_has_the_answer_before_the_click_is_counted() {
    let app = TestApp::counting("daily").await;
    app.put_link("aka").await;
    let gate = Gate::closed();
    app.faults().before("atomics.increment").gate(&gate);
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    gate.arrived(1).await;
    gate.open();
    app.until_counted("aka", 1).await;
}

#[tokio::test]
async fn counting_adds_no_store_call_before_the_answer() {
    for mode in ["off", "total", "daily"] {
        let app = TestApp::counting(mode).await;
        app.put_link("aka").await;
        let gate = Gate::closed();
        app.faults().before("atomics.*").gate(&gate);
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let counts = app.host().counts();
        let calls = ["key-value.open", "key-value.get", "key-value.set"];
        assert_eq!(calls.map(|call| counts.of(call)), [1, 1, 0], "{mode}");
        gate.open();
    }
}

#[tokio::test]
async fn every_answer_that_shows_a_link_says_how_often_it_was_followed() {
    let app = TestApp::counting("total").await;
    let link = json!({ "short": "aka", "url": AKAMAI });
    assert_eq!(app.create(&link).await.json()["clicks"], 0);
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    app.until_counted("aka", 1).await;

    assert_eq!(app.get_link("aka").await.json()["clicks"], 1);
    assert_eq!(app.create(&link).await.json()["link"]["clicks"], 1);
    for list in ["links", "links?order=code", "links?prefix=a"] {
        let listed = app.api(Method::GET, list).send().await.json();
        assert_eq!(listed[0]["clicks"], 1, "{list}");
    }
    let exported: Value = serde_json::from_str(app.export().await.text()).expect("one link");
    assert_eq!(exported["clicks"], 1);
}

#[tokio::test]
async fn a_link_starts_at_the_clicks_it_brings_along() {
    let app = TestApp::counting("daily").await;
    app.put_record("old", json!({ "url": AKAMAI, "hits": 7 }).to_string())
        .await;
    let lines = [
        json!({ "short": "moved", "url": AKAMAI, "clicks": 40, "hits": 3 }),
        json!({ "short": "from-hits", "url": AKAMAI, "hits": 12 }),
        json!({ "short": "odd-hits", "url": AKAMAI, "hits": "many" }),
        json!({ "short": "none", "url": AKAMAI }),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    assert_eq!(report(&app.import(&lines).await), (4, 0));
    for (short, clicks) in [
        ("old", 7),
        ("moved", 40),
        ("from-hits", 12),
        ("odd-hits", 0),
    ] {
        assert_eq!(app.total(short).await, clicks, "{short}");
        app.follow(&format!("/{short}"))
            .await
            .assert_redirects_to(AKAMAI);
        app.until_counted(short, clicks + 1).await;
        // A change of the link is none of its clicks.
        let put = app.api(Method::PUT, &format!("links/{short}"));
        let put = put.json(json!({ "url": AKAMAI }).to_string()).send().await;
        assert_eq!(put.status, 204);
        assert_eq!(app.total(short).await, clicks + 1, "{short}");
    }

    let exported = app.export().await;
    let other = TestApp::counting("total").await;
    assert_eq!(report(&other.import(exported.text()).await), (5, 0));
    for (short, clicks) in [("old", 8), ("moved", 41), ("from-hits", 13), ("none", 0)] {
        assert_eq!(other.total(short).await, clicks, "{short}");
    }
}

#[tokio::test]
async fn an_import_takes_only_whole_numbers_as_clicks() {
    let app = TestApp::start().await;
    for clicks in [
        "-1",
        "1.5",
        "\"7\"",
        "9007199254740992",
        "18446744073709551616",
        "[]",
    ] {
        let line = format!(r#"{{"short":"aka","url":"{AKAMAI}","clicks":{clicks}}}"#);
        let failed = &app.import(&line).await.json()["failed"][0];
        let rule = "clicks must be a whole number from 0 to 9007199254740991";
        assert_eq!(failed["detail"], rule, "{clicks}");
    }
}

#[tokio::test]
async fn a_code_that_is_created_anew_starts_at_0() {
    let app = TestApp::counting("daily").await;
    let link = json!({ "short": "aka", "url": AKAMAI });
    for _ in 0..2 {
        app.create(&link).await;
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        app.until_counted("aka", 1).await;
        // The counter of the day comes last.
        app.until_there_are_counters(2).await;
        assert_eq!(
            app.api(Method::DELETE, "links/aka").send().await.status,
            204
        );
        assert_eq!(app.counters().await, [""; 0]);
    }
}

#[tokio::test]
async fn what_a_crash_has_left_of_counters_is_never_shown_and_a_rebuild_removes_it() {
    let app = TestApp::counting("daily").await;
    app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    let left = [
        "clicks:aka:gone",
        "clicks:aka:gone:2026-01-01",
        "clicks:bob:",
    ];
    for key in left {
        app.add(key, 7).await;
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    app.until_counted("aka", 1).await;
    app.until_there_are_counters(left.len() + 2).await;
    let rebuilt = app.api(Method::POST, "catalog/rebuild").send().await;
    assert_eq!(rebuilt.status, 200);
    let counters = app.counters().await;
    assert_eq!(counters.len(), 2, "{counters:?}");
    assert_eq!(app.total("aka").await, 1);
}

#[tokio::test]
async fn clicks_are_told_day_by_day_across_midnight() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    // It starts at 2026-01-01T00:00:00Z.
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock).variable("clicks", "daily")).await;
    app.put_link("aka").await;
    clock.advance(DAY - Duration::from_secs(1));
    for (clicks, pause) in [
        (2, Duration::from_secs(1)),
        (3, 2 * DAY),
        (1, Duration::ZERO),
    ] {
        let before = app.total("aka").await;
        for _ in 0..clicks {
            app.follow("/aka").await.assert_redirects_to(AKAMAI);
        }
        app.until_counted("aka", before + clicks).await;
        clock.advance(pause);
    }
    let told = app.clicks("aka?from=2025-12-31&to=2026-01-04").await;
    assert_eq!(told.json()["total"], 6);
    let expected = [
        ("2025-12-31", 0),
        ("2026-01-01", 2),
        ("2026-01-02", 3),
        ("2026-01-03", 0),
        ("2026-01-04", 1),
    ];
    assert_eq!(
        days(&told),
        expected.map(|(day, clicks)| (day.to_owned(), clicks))
    );
    let told = days(&app.clicks("aka").await);
    assert_eq!(told.len(), 30);
    assert_eq!(told.last(), Some(&("2026-01-04".to_owned(), 1)));
}

#[tokio::test]
async fn days_that_are_no_longer_kept_have_no_clicks() {
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock).variable("clicks", "daily")).await;
    app.put_link("aka").await;
    for day in ["2024-11-27", "2024-11-28", "2026-01-01"] {
        app.add(&format!("clicks:aka::{day}"), 7).await;
    }
    let told = days(&app.clicks("aka?from=2024-11-26&to=2024-11-28").await);
    let clicks: Vec<u64> = told.into_iter().map(|(_, clicks)| clicks).collect();
    assert_eq!(clicks, [0, 0, 7]);
    let whole = days(&app.clicks("aka?from=2024-11-28&to=2026-01-01").await);
    assert_eq!((whole.len(), whole.last().map(|day| day.1)), (400, Some(7)));
}

#[tokio::test]
async fn only_a_daily_count_has_days() {
    let app = TestApp::counting("total").await;
    app.put_link("aka").await;
    let told = app.clicks("aka?from=2026-01-01&to=2026-01-31").await;
    assert_eq!(told.json(), json!({ "short": "aka", "total": 0 }));
}

#[tokio::test]
async fn a_wrong_question_names_the_parameter_and_the_rule() {
    let app = TestApp::counting("daily").await;
    app.put_link("aka").await;
    for (query, error) in [
        ("from=2026-02-29", "from day"),
        ("to=1.1.2026", "to day"),
        ("from=2026-02-02&to=2026-02-01", "from order"),
        ("from=2025-01-01&to=2026-02-05", "from range"),
        ("from=2026-01-01&from=2026-01-01", "from duplicate"),
        ("day=2026-01-01", "day unknown"),
    ] {
        let answer = app.clicks(&format!("aka?{query}")).await;
        assert_eq!(
            (answer.status, answer.field_errors()),
            (400, vec![error.to_owned()]),
            "{query}"
        );
    }
    assert_eq!(app.clicks("none").await.problem(), "not_found");
}

#[tokio::test]
async fn clicks_cannot_be_counted_without_increments() {
    let app = TestApp::counting("total").await;
    app.put_link("aka").await;
    app.faults()
        .before("atomics.increment")
        .fail("not supported");
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    let answer = app.get_link("aka").await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "misconfigured")
    );
    let detail = "the Spin variable clicks must be off: the store has no atomic increment";
    assert_eq!(answer.json()["detail"], detail);
    app.follow("/aka").await.assert_redirects_to(AKAMAI);

    let optimistic = TestApp::with([("clicks", "total"), ("claims", "optimistic")]).await;
    let answer = optimistic.get_link("aka").await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "misconfigured")
    );
}

#[tokio::test]
async fn an_instance_is_asked_once_whether_clicks_can_be_counted() {
    let app = TestApp::counting("total").await;
    app.put_link("aka").await;
    app.add("clicks:offered", 1).await;
    let kept = app.keep_instance().await;
    for first in [true, false] {
        let calls = app.count(app.get_link("aka")).await;
        let is_read = |(name, _): &&(&str, u64)| *name == "key-value.get";
        let reads = calls.iter().find(is_read).map(|(_, count)| *count);
        let asked = u64::from(first || !reuses_instances());
        assert_eq!(reads, Some(2 + asked));
    }
    kept.release().await;
}

#[tokio::test]
async fn an_instance_loses_no_click_after_its_last_request() {
    let app = TestApp::counting("total").await;
    app.put_link("aka").await;
    for _ in 0..2 * REQUESTS_AN_INSTANCE {
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
    }
    app.until_counted("aka", 2 * REQUESTS_AN_INSTANCE as u64)
        .await;
}

#[tokio::test]
async fn an_instance_that_dies_loses_clicks_and_never_counts_one_twice() {
    let clock = VirtualClock::auto();
    for is_before in [true, false] {
        for nth in 1..=2 {
            let build = |host: HostBuilder| host.clock(&clock).variable("clicks", "daily");
            let mut app = TestApp::build(build).await;
            app.expect_lost_instances();
            app.put_link("aka").await;
            app.add("clicks:offered", 1).await;
            let place = match is_before {
                true => app.faults().before("atomics.increment"),
                false => app.faults().after("atomics.increment"),
            };
            place.nth(nth).die();
            app.follow("/aka").await.assert_redirects_to(AKAMAI);
            app.until_an_instance_is_lost().await;
            // The next one is served by another instance, and counts.
            app.follow("/aka").await.assert_redirects_to(AKAMAI);
            let lost = u64::from(is_before && nth == 1);
            app.until_counted("aka", 2 - lost).await;
        }
    }
}

const CLICKS: usize = 10_000;
const CODES: usize = 50;
/// Clicks on each code.
const EACH: u64 = (CLICKS / CODES) as u64;

/// 10,000 clicks on 50 codes from 64 visitors at once.
async fn ten_thousand_clicks(app: &TestApp) {
    const VISITORS: usize = 64;
    for code in 0..CODES {
        app.put_link(&format!("c{code}")).await;
    }
    let visit = async |visitor: usize| {
        for click in (visitor..CLICKS).step_by(VISITORS) {
            let answer = app.follow(&format!("/c{}", click % CODES)).await;
            answer.assert_redirects_to(AKAMAI);
        }
    };
    join_all((0..VISITORS).map(visit)).await;
    for code in 0..CODES {
        app.until_counted(&format!("c{code}"), EACH).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_clicks_are_counted_exactly_in_total_and_by_day() {
    let app = TestApp::counting("daily").await;
    ten_thousand_clicks(&app).await;
    for code in 0..CODES {
        let mut by_day = 0;
        // The counter of the day comes after the total.
        for _ in 0..PATIENCE {
            let told = app.clicks(&format!("c{code}")).await;
            by_day = days(&told).iter().map(|(_, clicks)| clicks).sum();
            if by_day == EACH {
                break;
            }
        }
        assert_eq!(by_day, EACH, "c{code}");
        // Nothing was on its way that would have counted again.
        assert_eq!(app.total(&format!("c{code}")).await, EACH, "c{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_clicks_are_counted_exactly_although_the_store_fails_now_and_then() {
    let app = TestApp::build(|host| {
        let host = host.variable("clicks", "total");
        match reuses_instances() {
            true => host,
            // An instance has one chance to write its click. On a busy machine, a refusal may take so long that the
            // instance takes the store for one that is down.
            false => host.clock(&VirtualClock::auto()),
        }
    })
    .await;
    app.add("clicks:offered", 1).await;
    for failing in (7..10_000).step_by(7) {
        app.faults()
            .before("atomics.increment")
            .nth(failing)
            .fail("busy");
    }
    ten_thousand_clicks(&app).await;
}
