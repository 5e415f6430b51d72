//! Variables that cannot be used: visitors do not notice, operators do.

use std::time::Duration;

use embedded_host::{Gate, VirtualClock};
use http::Method;
use serde_json::json;

use crate::{
    answer::Answer,
    app::{AKAMAI, TOKEN, TestApp, instances_for, reuses_instances},
    tally::{Stored, Tally},
};

/// How long settings that could not all be read are used before they are read again.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The variables that a redirect needs. It reads no other.
const READ_BY_REDIRECTS: [&str; 7] = [
    "unicode_codes",
    "case_insensitive_codes",
    "redirect_status",
    "redirect_cache_control",
    "log_level",
    "log_redirects",
    "clicks",
];

/// Every variable with every kind of wrong value.
const WRONG: [(&str, &[&str]); 17] = [
    ("unicode_codes", &["", "on", "True"]),
    ("case_insensitive_codes", &["", "on", "1"]),
    (
        "extra_schemes",
        &[
            "Mailto",
            "mailto:",
            "a b",
            "javascript",
            "tel,data",
            "file",
            "vbscript",
            "blob",
        ],
    ),
    ("private_hosts", &["", "Refuse", "false"]),
    ("robots", &["", "Allow", "true", "Disallow: /"]),
    (
        "cors_origins",
        &[
            "*",
            "null",
            "app.example",
            "https://app.example/",
            "https://app.example,",
            "https://*.example",
        ],
    ),
    (
        "base_url",
        &[
            "sho.rt",
            "https://",
            "https://sho.rt/path",
            "https://sho.rt?query",
            "https://sho.rt/?",
            "https://sho.rt#fragment",
            "https://sho.rt:65536",
            "https://sho.rt:port",
            "https://sho\u{1}.rt",
            "https://user@sho.rt",
            "https://:password@sho.rt",
            "ftp://sho.rt",
        ],
    ),
    (
        "redirect_status",
        &["", "300", "303", "304", "200", "0", "-301", "3O1", "301.0"],
    ),
    (
        "redirect_cache_control",
        &["", "no-store\r\nset-cookie: x", "no-store\0", "größer"],
    ),
    (
        "root_url",
        &[
            "akamai.com",
            "//akamai.com",
            "/about",
            "javascript:alert(1)",
            "https://user@akamai.com",
            "https://akamai.com\r\nset-cookie: x",
            "https://",
        ],
    ),
    (
        "allowed_hosts",
        &[
            "https://akamai.com",
            "akamai.com:443",
            "akamai com",
            "*.akamai.com",
            "*",
            ".akamai.com",
            "akamai.com/path",
            "akamai.com;a.example",
        ],
    ),
    (
        "blocked_hosts",
        &[
            "https://evil.example",
            "a.example, evil.example:80",
            "evil example",
            "*.evil.example",
            "256.1.1.1",
        ],
    ),
    (
        "code_length",
        &[
            "",
            "3",
            "33",
            "seven",
            "7.5",
            "-7",
            "0x7",
            "99999999999999999999",
        ],
    ),
    ("claims", &["", "exact", "Auto", "auto,optimistic"]),
    ("clicks", &["", "on", "Total", "total,daily"]),
    ("log_level", &["", "trace", "Info", "0"]),
    ("log_redirects", &["", "yes", "True", "1"]),
];

/// Every route of the API that the token opens, on a store that holds `aka`.
const ROUTES: [(Method, &str); 10] = [
    (Method::POST, "links"),
    (Method::GET, "links/aka"),
    (Method::GET, "links"),
    (Method::GET, "links/aka/available"),
    (Method::GET, "links/aka/clicks"),
    (Method::PUT, "links/aka"),
    (Method::PATCH, "links/aka"),
    (Method::DELETE, "links/aka"),
    (Method::GET, "export"),
    (Method::POST, "import"),
];

/// Asks for everything there is, with this header.
async fn knock(app: &TestApp, authorization: &str) -> Vec<Answer> {
    let body = json!({ "short": "new", "url": AKAMAI }).to_string();
    let mut answers = Vec::new();
    for (method, path) in ROUTES {
        let has_body = [Method::POST, Method::PUT].contains(&method);
        let request = app.request(method, &format!("/_api/{path}"));
        let request = request.header("authorization", authorization);
        let request = match has_body {
            true => request.json(body.clone()),
            false => request,
        };
        answers.push(request.send().await);
    }
    answers
}

#[track_caller]
fn assert_names(answer: &Answer, variable: &str, what: &str) {
    assert_eq!(answer.status, 503, "{what}");
    assert_eq!(answer.problem(), "misconfigured", "{what}");
    let detail = answer.json()["detail"].to_string();
    let named = format!("variable {variable} ");
    assert!(detail.contains(&named), "{what}: {detail}");
}

/// That visitors are served as if nothing had been set.
async fn assert_visitors_are_served(app: &TestApp) {
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    app.follow("/none").await.assert_text(404, "Not Found");
    app.follow("/").await.assert_text(404, "Not Found");
    assert_eq!(app.health().await.status, 200);
}

#[tokio::test]
async fn redirects_go_on_with_the_default_while_every_route_of_the_api_names_the_variable() {
    let mut tally = Tally::of("wrong values of variables, on each route of the API");
    let values = WRONG
        .iter()
        .flat_map(|(variable, values)| values.iter().map(move |value| (*variable, *value)));
    for (variable, value) in values {
        let what = format!("{variable}={value:?}");
        let app = TestApp::with([(variable, value)]).await;
        app.put_link("aka").await;
        let before = Stored::of(&app).await;
        let kept = app.keep_instance().await;
        for answer in knock(&app, &format!("Bearer {TOKEN}")).await {
            assert_names(&answer, variable, &what);
            tally.expect(Some(answer.status), Some(503), &what);
        }
        assert_visitors_are_served(&app).await;
        // Who has no token is told nothing.
        for answer in knock(&app, "Bearer t0ken-wrong-00000000").await {
            assert_eq!(answer.problem(), "unauthorized", "{what}");
        }
        app.assert_one_instance();
        let events = app.events();
        let named = events.iter().filter(|event| event["variable"] == variable);
        // What reads the setting: the routes, the root, and one redirect if that needs it.
        let is_for_redirects = READ_BY_REDIRECTS.contains(&variable);
        let expected = instances_for(ROUTES.len() + 1 + usize::from(is_for_redirects));
        assert_eq!(named.count(), expected, "{what}: {events:?}");
        for event in events {
            // What was refused is logged, too, as long as no setting is known.
            let is_told = event["variable"] == variable && event["level"] == "error";
            let known =
                ["misconfigured", "unauthorized"].contains(&event["event"].as_str().expect("text"));
            assert!(is_told || known, "{what}: {event}");
        }
        tally.look_at(&app, &before).await;
        kept.release().await;
    }
    tally.end();
}

/// The tokens, which are read anew for each request, are wrong in ways of their own.
#[tokio::test]
async fn a_token_that_cannot_be_used_shuts_every_route_and_lets_visitors_pass() {
    let mut tally = Tally::of("wrong tokens set, on each route of the API");
    for (variable, value) in [
        ("admin_token", ""),
        ("admin_token", "t0ken-15-bytes!"),
        ("admin_token", "t0ken-with space"),
        ("admin_token", "t0ken-with-lf...\n"),
        ("admin_token", "t0ken-with-ümlaut"),
        ("admin_token_previous", "t0ken-15-bytes!"),
        ("admin_token_previous", "t0ken-with space"),
        ("admin_token_previous", "t0ken-with-lf...\n"),
        ("admin_token_previous", "t0ken-with-ümlaut"),
        ("admin_token_previous", " "),
    ] {
        let what = format!("{variable}={value:?}");
        let app = TestApp::with([(variable, value)]).await;
        app.put_link("aka").await;
        let before = Stored::of(&app).await;
        let kept = app.keep_instance().await;
        let mut headers = vec![format!("Bearer {TOKEN}")];
        if variable == "admin_token" {
            headers.push(String::new());
        }
        // Nothing so short as these is compared with the previous one.
        if variable == "admin_token" && value.bytes().all(|byte| byte.is_ascii_graphic()) {
            headers.push(format!("Bearer {value}"));
        }
        let tries = headers.len() * ROUTES.len();
        for header in headers {
            for answer in knock(&app, &header).await {
                assert_names(&answer, variable, &what);
                tally.expect(Some(answer.status), Some(503), &what);
            }
        }
        assert_visitors_are_served(&app).await;
        let logged = app.events_named("misconfigured: the API is closed");
        assert_eq!(logged.len(), instances_for(tries), "{what}: {logged:?}");
        for event in logged {
            let told = (&event["variable"], &event["level"]);
            assert_eq!(told, (&variable.into(), &"error".into()), "{what}");
        }
        tally.look_at(&app, &before).await;
        kept.release().await;
    }
    tally.end();
}

#[tokio::test]
async fn a_provider_that_fails_to_tell_the_previous_token_is_an_outage_and_no_open_door() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let previous = app
        .faults()
        .before("variables.get")
        .key("admin_token_previous");
    previous.fail("vault: connection refused");
    for header in [&format!("Bearer {TOKEN}"), "Bearer t0ken-wrong-00000000"] {
        for answer in knock(&app, header).await {
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (503, "unavailable")
            );
            assert!(!answer.text().contains("vault"), "{}", answer.text());
        }
    }
    assert_visitors_are_served(&app).await;
}

#[tokio::test]
async fn a_client_without_a_token_is_refused_without_a_look_at_the_previous_one() {
    let app = TestApp::with([("admin_token_previous", "t0ken-15-bytes!")]).await;
    let asked = app
        .faults()
        .before("variables.get")
        .key("admin_token_previous");
    asked.fail("asked");
    for answer in knock(&app, "").await {
        let told = (answer.status, answer.problem());
        assert_eq!(told, (401, "unauthorized".to_owned()));
    }
    let events = app.events();
    let is_refusal = |event: &serde_json::Value| event["event"] == "unauthorized";
    assert!(events.iter().all(is_refusal), "{events:?}");
}

#[tokio::test]
async fn the_log_names_each_variable_once_per_instance() {
    let app = TestApp::with([("redirect_status", "300"), ("claims", "exact")]).await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    for _ in 0..3 {
        app.follow("/aka").await;
        app.get_link("aka").await;
    }
    app.assert_one_instance();
    let events = app.events();
    let named: Vec<_> = events
        .iter()
        .filter_map(|event| event["variable"].as_str())
        .collect();
    // The request that keeps the instance reads no setting, and a redirect not all of them.
    let expected: &[&str] = match reuses_instances() {
        true => &["redirect_status", "claims"],
        false => &["redirect_status", "redirect_status", "claims"].repeat(3),
    };
    assert_eq!(named, expected);
    assert!(
        events.iter().all(|event| event["level"] == "error"),
        "{events:?}"
    );
    kept.release().await;
}

#[tokio::test]
async fn the_api_names_all_variables_at_once() {
    let app = TestApp::with([("code_length", "3"), ("claims", "exact")]).await;
    let detail = app.get_link("aka").await.json()["detail"].to_string();
    assert!(
        detail.contains("code_length") && detail.contains("claims"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_variable_that_cannot_be_read_is_an_outage_of_the_api_until_it_can() {
    for (variable, _) in WRONG {
        let clock = VirtualClock::new();
        let app = TestApp::build(|host| host.clock(&clock)).await;
        app.put_link("aka").await;
        let provider = app.faults().before("variables.get").key(variable);
        provider.fail("vault: sealed");
        let kept = app.keep_instance().await;
        for answer in knock(&app, &format!("Bearer {TOKEN}")).await {
            let told = (answer.status, answer.problem());
            assert_eq!(told, (503, "unavailable".to_owned()), "{variable}");
            assert!(!answer.text().contains("vault"), "{}", answer.text());
        }
        assert_visitors_are_served(&app).await;

        app.faults().clear();
        if reuses_instances() {
            // A provider that does not answer is not asked for every request.
            clock.advance(READ_AGAIN_AFTER - Duration::from_millis(1));
            assert_eq!(app.get_link("aka").await.status, 503, "{variable}");
            clock.advance(Duration::from_millis(1));
        }
        assert_eq!(app.get_link("aka").await.status, 200, "{variable}");
        app.assert_one_instance();
        kept.release().await;
    }
}

#[tokio::test]
async fn while_one_request_reads_the_settings_again_its_neighbours_are_served() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.put_link("aka").await;
    let last = || app.faults().before("variables.get").key("log_redirects");
    last().times(1).fail("vault: sealed");
    let kept = app.keep_instance().await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);

    clock.advance(READ_AGAIN_AFTER);
    let gate = Gate::closed();
    last().times(1).gate(&gate);
    let reader = tokio::spawn(app.request(Method::GET, "/aka").send());
    gate.arrived(1).await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    gate.open();
    let read = reader.await.expect("no panic");
    read.assert_redirects_to(AKAMAI);
    app.assert_one_instance();
    kept.release().await;
}

#[tokio::test]
async fn a_redirect_does_not_wait_for_settings_that_only_the_api_needs() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    let gate = Gate::closed();
    app.faults()
        .before("variables.get")
        .key("claims")
        .gate(&gate);
    let reader = tokio::spawn(app.api(Method::GET, "links/aka").send());
    gate.arrived(1).await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    gate.open();
    assert_eq!(reader.await.expect("no panic").status, 200);
    app.assert_one_instance();
    kept.release().await;
}
