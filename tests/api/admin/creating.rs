//! Creating a link with the form.

use embedded_host::VirtualClock;
use http::Method;
use serde_json::json;

use super::operator::Operator;
use crate::app::TestApp;

#[tokio::test]
async fn a_link_is_created_as_by_the_api_and_shown() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    let operator = Operator::sign_in(&app).await;
    let fields = [
        ("url", " https://akamai.com/ "),
        ("short", "aka"),
        ("not_before", ""),
        ("expires_at", "2999-01-31T12:00"),
        ("note", "spring sale"),
    ];
    let answer = operator.post("/_admin/new", &fields).await;
    let place = "/_admin/links/aka?done=created";
    assert_eq!((answer.status, answer.location()), (303, place));
    let page = operator.page(place).await;
    for shown in [
        "Link created.",
        "<a href=\"https://sho.rt/aka\"><bdi>https://sho.rt/aka</bdi></a></h1>",
        "<img class=\"qr\" src=\"/_admin/links/aka/qr.svg\" alt=\"QR code for https://sho.rt/aka\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let link = app.get_link("aka").await.json();
    assert_eq!(link["url"], "https://akamai.com/");
    assert_eq!(link["expires_at"], "2999-01-31T12:00:00Z");
    assert_eq!(
        (&link["note"], &link["created_by"]),
        (&json!("spring sale"), &json!("admin"))
    );
    app.follow("/aka")
        .await
        .assert_redirects_to("https://akamai.com/");
}

#[tokio::test]
async fn without_a_code_the_link_gets_a_generated_one() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator
        .post("/_admin/new", &[("url", "https://akamai.com")])
        .await;
    let code = answer
        .location()
        .strip_prefix("/_admin/links/")
        .expect("a link");
    let code = code.strip_suffix("?done=created").expect("the news");
    assert_eq!(code.len(), 7);
    app.follow(&format!("/{code}"))
        .await
        .assert_redirects_to("https://akamai.com");
}

#[tokio::test]
async fn errors_stand_at_their_fields_in_the_words_of_the_api_and_what_was_typed_is_kept() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let body = json!({ "url": "ftp://a", "short": "-", "expires_at": "soon", "note": "x" });
    let problem = app.create(&body).await.json();
    let fields = [
        ("url", "ftp://a"),
        ("short", "-"),
        ("expires_at", "soon"),
        ("note", "x"),
    ];
    let answer = operator.post("/_admin/new", &fields).await;
    assert_eq!(answer.status, 400);
    let page = answer.text();
    for (field, label) in [
        ("url", "Destination"),
        ("short", "Short code"),
        ("expires_at", "Expiry"),
    ] {
        let errors = problem["errors"].as_array().expect("errors").iter();
        let mut details = errors.filter(|error| error["field"] == field);
        let detail = details.next().expect(field)["detail"]
            .as_str()
            .expect("words");
        let error = format!("id=\"{field}-error\">{label} {detail}</p>");
        assert!(page.contains(&error), "{error}: {page}");
        assert!(
            page.contains(&format!("<li><a href=\"#{field}\">")),
            "{page}"
        );
    }
    for (name, value) in fields {
        let kept = format!("name=\"{name}\" type=\"text\" value=\"{value}\" autocomplete");
        assert!(page.contains(&kept), "{kept}: {page}");
    }
    assert!(page.contains("<title>Error: New link"));
    assert_eq!(app.host().store().keys().await.expect("keys").len(), 0);
}

#[tokio::test]
async fn a_taken_code_is_an_error_at_the_code_and_its_link_stays() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let fields = [("url", "https://other.example"), ("short", "aka")];
    let answer = operator.post("/_admin/new", &fields).await;
    assert_eq!(answer.status, 409);
    let error = "id=\"short-error\">Another link has this code. Choose another, or none.</p>";
    assert!(answer.text().contains(error), "{answer:?}");
    assert_eq!(
        app.get_link("aka").await.json()["url"],
        "https://akamai.com"
    );
}

#[tokio::test]
async fn of_two_who_create_one_code_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let fields = [("url", "https://page.example"), ("short", "aka")];
    let link = json!({ "short": "aka", "url": "https://api.example" });
    let (page, api) = tokio::join!(operator.post("/_admin/new", &fields), app.create(&link));
    let winner = app.get_link("aka").await.json()["url"].clone();
    match (page.status, api.status) {
        (303, 409 | 503) => assert_eq!(winner, "https://page.example"),
        (409 | 503, 201) => assert_eq!(winner, "https://api.example"),
        both => panic!("{both:?}"),
    }
}

#[tokio::test]
async fn a_host_that_the_operator_refuses_is_refused_here_too_and_so_is_the_own_one() {
    let app = TestApp::with([("blocked_hosts", "evil.example")]).await;
    let operator = Operator::sign_in(&app).await;
    let own = format!("http://{}/a", app.host().addr());
    for url in ["https://evil.example", &own] {
        let answer = operator.post("/_admin/new", &[("url", url)]).await;
        assert_eq!(answer.status, 400, "{url}");
        assert!(
            answer.text().contains("id=\"url-error\">Destination "),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_create_is_in_the_audit_log_with_the_way_it_came() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let fields = [("url", "https://akamai.com"), ("short", "aka")];
    operator.post("/_admin/new", &fields).await;
    operator.post("/_admin/new", &fields).await;
    operator
        .post("/_admin/new", &[("url", &"x".repeat(65 * 1024))])
        .await;
    app.create(&json!({ "short": "api", "url": "https://akamai.com" }))
        .await;
    let audits = app.events_named("audit");
    let told: Vec<_> = audits
        .iter()
        .map(|event| {
            ["action", "by", "via", "code", "host", "outcome"].map(|key| event[key].clone())
        })
        .collect();
    let event = |via, code: &str, host: &str, outcome: &str| {
        let event = json!(["create", "admin", via, code, host, outcome]);
        let event = event.as_array().expect("a list");
        event.clone().try_into().expect("of that length")
    };
    let page = json!("admin page");
    let expected: [[serde_json::Value; 6]; 4] = [
        event(page.clone(), "aka", "akamai.com", "ok"),
        event(page.clone(), "aka", "akamai.com", "conflict"),
        event(page, "", "", "payload_too_large"),
        event(json!(null), "api", "akamai.com", "ok"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_store_that_fails_loses_nothing_that_was_typed() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    app.faults()
        .before("key-value.set")
        .fail("connection refused");
    let fields = [
        ("url", "https://akamai.com"),
        ("short", "aka"),
        ("note", "typed long"),
    ];
    let answer = operator.post("/_admin/new", &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    assert!(answer.text().contains("value=\"typed long\""), "{answer:?}");
    assert!(!answer.text().contains("connection refused"), "{answer:?}");
}

/// The secret behind the keys is drawn in the first create of a store, which takes two seconds.
#[tokio::test]
async fn a_form_that_is_sent_twice_creates_one_link() {
    let app = TestApp::build(|host| host.clock(&VirtualClock::auto())).await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/new").await;
    let (_, key) = page.split_once("name=\"key\" value=\"").expect("a key");
    let key = key.split('"').next().expect("its end");
    let fields = [("key", key), ("url", "https://akamai.com")];
    let first = operator.post("/_admin/new", &fields).await;
    let second = operator.post("/_admin/new", &fields).await;
    assert_eq!((first.status, first.location()), (303, second.location()));
    let other = [("key", key), ("url", "https://other.example")];
    let answer = operator.post("/_admin/new", &other).await;
    assert_eq!(answer.status, 422);
    let page = answer.text();
    assert!(
        page.contains("This form has already created a link."),
        "{page}"
    );
    assert!(
        page.contains("value=\"https://other.example\"") && !page.contains(key),
        "{page}"
    );
}

#[tokio::test]
async fn a_link_that_the_store_does_not_show_yet_is_said_to_be_created() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/links/new?done=created").await;
    assert!(page.contains("Reload this page in a moment."));
}

#[tokio::test]
async fn whether_a_code_is_free_is_answered_while_somebody_types() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    for (short, answer) in [
        ("aka", "This code is taken."),
        ("free", "This code is available."),
        ("-", "Short code must begin with"),
        ("robots.txt", "Short code "),
    ] {
        let told = operator
            .get(&format!("/_admin/links/{short}/available"))
            .await;
        assert_eq!(
            (told.status, told.header("content-type")),
            (200, "text/plain; charset=utf-8")
        );
        assert!(told.text().starts_with(answer), "{short}: {told:?}");
    }
    app.faults()
        .before("key-value.get")
        .fail("connection refused");
    let told = operator.get("/_admin/links/free/available").await;
    assert_eq!(told.status, 503);
}

#[tokio::test]
async fn a_form_is_no_other_body_and_not_longer_than_one() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let request = || {
        let request = operator.request(Method::POST, "/_admin/new");
        super::operator::from_own_page(request, &app)
    };
    let json = request().json(r#"{"url":"https://akamai.com"}"#);
    assert_eq!(super::operator::checked(json).await.status, 415);
    let long = "x".repeat(65 * 1024);
    let answer = operator.post("/_admin/new", &[("url", &long)]).await;
    assert_eq!(answer.status, 413);
}
