//! The page with the links.

use serde_json::json;

use super::operator::Operator;
use crate::app::TestApp;

const PAGE: usize = 100;

#[tokio::test]
async fn a_store_without_links_says_so() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    assert!(page.contains("There are no links yet."));
}

#[tokio::test]
async fn a_link_is_shown_with_all_that_one_wants_to_know_at_a_glance() {
    let app = TestApp::with([("clicks", "total"), ("base_url", "https://sho.rt")]).await;
    let link = json!({
        "short": "aka",
        "url": "https://akamai.com/blog",
        "note": "spring sale",
        "expires_at": "2999-01-31T12:00:00Z",
    });
    assert_eq!(app.create(&link).await.status, 201);
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    for shown in [
        r#"<a class="short" href="/_admin/links/aka"><bdi>sho.rt/aka</bdi></a>"#,
        r#"data-copy="https://sho.rt/aka""#,
        r#"<span class="state active">Active</span>"#,
        r#"<a class="destination" href="https://akamai.com/blog" rel="noopener noreferrer">"#,
        "https://<b>akamai.com</b>/blog",
        "spring sale",
        "Created <time datetime=",
        "</time> by admin",
        r#"Expires <time datetime="2999-01-31T12:00:00Z">2999-01-31 12:00 UTC</time>"#,
        "0 clicks",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn the_state_of_a_link_is_said_in_words() {
    let app = TestApp::start().await;
    for (short, times, state) in [
        ("a", r#""not_before":"2999-01-01T00:00:00Z""#, "Scheduled"),
        ("b", r#""expires_at":"2001-01-01T00:00:00Z""#, "Expired"),
        ("c", r#""not_before":"2001-01-01T00:00:00Z""#, "Active"),
    ] {
        let record = format!(r#"{{"url":"https://a.example",{times}}}"#);
        app.put_record(short, record).await;
        let operator = Operator::sign_in(&app).await;
        let page = operator.page(&format!("/_admin/links/{short}")).await;
        assert!(page.contains(&format!("\">{state}</span>")), "{page}");
    }
}

/// Clicks are part of the page only where they are counted.
#[tokio::test]
async fn nothing_is_said_of_clicks_that_are_not_counted() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    assert!(!operator.page("/_admin/").await.contains("click"));
}

#[tokio::test]
async fn the_newest_links_come_first_and_the_next_page_has_the_others() {
    let app = TestApp::start().await;
    for n in 0..=PAGE {
        let link = json!({ "short": format!("n{n:03}"), "url": "https://a.example" });
        assert_eq!(app.create(&link).await.status, 201);
    }
    let operator = Operator::sign_in(&app).await;
    let first = operator.page("/_admin/").await;
    assert!(first.contains("Newest first"));
    let links = codes(&first);
    assert_eq!((links.len(), links[0].as_str()), (PAGE, "n100"));
    assert!(!first.contains("First page"));
    let second = operator.page(&link_called(&first, "Next page")).await;
    assert_eq!(codes(&second), ["n000"]);
    assert!(!second.contains("Next page"));
    assert_eq!(link_called(&second, "First page"), "/_admin/");
}

#[tokio::test]
async fn a_search_finds_the_codes_with_a_prefix_in_their_order() {
    let app = TestApp::start().await;
    for short in ["b", "a.2", "a.1", "c"] {
        app.put_link(short).await;
    }
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/?prefix=a.").await;
    assert_eq!(codes(&page), ["a.1", "a.2"]);
    assert!(page.contains("Sorted by short code") && page.contains("value=\"a.\""));
    // Phones add a blank.
    let page = operator.page("/_admin/?prefix=a.+").await;
    assert_eq!(codes(&page), ["a.1", "a.2"]);
    let page = operator.page("/_admin/?prefix=x").await;
    assert!(page.contains("No links match."));
}

#[tokio::test]
async fn the_pages_of_a_search_keep_what_is_searched_for() {
    let app = TestApp::start().await;
    for short in ["a1", "a2", "a3", "b"] {
        app.put_link(short).await;
    }
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/?prefix=a&limit=2").await;
    let page = operator.page(&link_called(&page, "Next page")).await;
    assert_eq!(codes(&page), ["a3"]);
    assert_eq!(link_called(&page, "First page"), "/_admin/?prefix=a");
}

#[tokio::test]
async fn a_wrong_search_is_refused_in_the_words_of_the_api_and_kept() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    for (query, value, text) in [
        (
            "prefix=a%20b",
            "a b",
            "id=\"prefix-error\" role=\"alert\">Short code ",
        ),
        ("cursor=x", "", "cursor must be taken from a Link header"),
        ("colour=red", "", "colour is unknown here"),
    ] {
        let answer = operator.get(&format!("/_admin/?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let page = answer.text();
        assert!(page.contains(text), "{page}");
        assert!(
            page.contains(&format!("type=\"search\" value=\"{value}\"")),
            "{page}"
        );
    }
}

#[tokio::test]
async fn records_that_cannot_be_read_are_counted() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    app.put_record("broken", "{").await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    assert_eq!(codes(&page), ["aka"]);
    assert!(page.contains("1 record on this page could not be read."));
    let page = operator.page("/_admin/?prefix=broken").await;
    assert!(page.contains("No links on this page."), "{page}");
}

#[tokio::test]
async fn a_long_destination_is_shortened_on_screen_and_complete_on_focus() {
    let app = TestApp::start().await;
    let long = format!("https://a.example/{}", "x".repeat(100));
    app.create(&json!({ "short": "long", "url": long })).await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    let cut = format!("</b>/{}…{}</span>", "x".repeat(23), "x".repeat(16));
    assert!(page.contains(&cut), "{page}");
    assert!(page.contains(&format!("<span class=\"whole\">{long}</span>")));
}

#[tokio::test]
async fn without_a_base_url_short_urls_have_the_address_of_the_page() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    let short_url = format!("data-copy=\"http://{}/aka\"", app.host().addr());
    assert!(page.contains(&short_url), "{page}");
}

#[tokio::test]
async fn a_store_that_is_down_is_said_to_be_and_not_taken_for_empty() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    app.faults()
        .before("key-value.get")
        .fail("connection refused");
    let answer = operator.get("/_admin/").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    let text = "The store or the variables provider did not answer.";
    assert!(answer.text().contains(text), "{answer:?}");
    assert!(!answer.text().contains("connection refused"));
}

/// The codes in a page, in their order.
fn codes(page: &str) -> Vec<String> {
    let links = page
        .split("<a class=\"short\" href=\"/_admin/links/")
        .skip(1);
    let code = |rest: &str| rest.split('"').next().expect("a code").to_owned();
    links.map(code).collect()
}

/// Where the link with this text leads.
fn link_called(page: &str, text: &str) -> String {
    let (before, _) = page.split_once(&format!(">{text}</a>")).expect(text);
    let (_, link) = before.rsplit_once("<a href=\"").expect("a link");
    let target = link.split('"').next().expect("a target");
    target.replace("&#38;", "&")
}
