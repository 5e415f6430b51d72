//! Lists of links in the order of their codes: page by page, each link once and in order, or an error,
//! but never a shorter list.

use http::Method;
use serde_json::Value;

use crate::{
    answer::Answer,
    app::{TestApp, reuses_instances},
};

impl TestApp {
    pub async fn list(&self, query: &str) -> Answer {
        self.api(Method::GET, &format!("links{query}")).send().await
    }
}

/// The codes of a list.
pub fn codes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let links = answer.json().as_array().cloned().expect("an array");
    let short = |link: &Value| link["short"].as_str().expect("a code").to_owned();
    links.iter().map(short).collect()
}

/// The query of the next page, as a client takes it from the header.
pub fn next_query(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let target = link.strip_prefix("</_api/links")?;
    Some(
        target
            .strip_suffix(">; rel=\"next\"")
            .expect("the last parameter")
            .to_owned(),
    )
}

#[tokio::test]
async fn pages_hold_every_link_once_in_the_order_of_their_codes() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    let mut expected: Vec<String> = (0..25).map(|n| format!("c{:02}", n * 7 % 25)).collect();
    expected.extend(["B", "9", "a-1", "c00.x"].map(str::to_owned));
    for short in &expected {
        app.put_link(short).await;
    }
    expected.sort_unstable();
    for limit in [1, 7, 29, 30, 1000] {
        let mut listed = Vec::new();
        let mut query = Some(format!("?order=code&limit={limit}"));
        while let Some(page) = query {
            let answer = app.list(&page).await;
            let page = codes(&answer);
            query = next_query(&answer);
            assert!(
                page.len() == limit || query.is_none(),
                "a short page: {page:?}"
            );
            listed.extend(page);
        }
        assert_eq!(listed, expected, "limit {limit}");
    }
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn a_page_has_100_links_unless_asked_otherwise() {
    let app = TestApp::start().await;
    for n in 0..101 {
        app.put_link(&format!("c{n:03}")).await;
    }
    let answer = app.list("?order=code").await;
    assert_eq!(codes(&answer).len(), 100);
    let next = next_query(&answer).expect("a next page");
    assert_eq!(next, "?order=code&limit=100&cursor=c099");
    assert_eq!(codes(&app.list(&next).await), ["c100"]);
}

#[tokio::test]
async fn an_empty_store_is_an_empty_list() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    for query in ["", "?order=code"] {
        let answer = app.list(query).await;
        assert_eq!((answer.text(), answer.header("link")), ("[]", ""));
    }
}

#[tokio::test]
async fn a_prefix_narrows_the_list_and_its_next_page() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    for short in [
        "spring-1", "spring-2", "spring-3", "spring", "Spring-1", "autumn",
    ] {
        app.put_link(short).await;
    }
    let first = app.list("?prefix=spring-&limit=2").await;
    assert_eq!(codes(&first), ["spring-1", "spring-2"]);
    let second = app.list(&next_query(&first).expect("a next page")).await;
    assert_eq!(codes(&second), ["spring-3"]);
    assert_eq!(next_query(&second), None);
    assert_eq!(
        codes(&app.list("?prefix=claim").await),
        Vec::<String>::new()
    );
    assert_eq!(codes(&app.list("?prefix=").await).len(), 6);
    let named = app.list("?prefix=claim:").await;
    assert_eq!(named.field_errors(), ["prefix invalid_character"]);
}

#[tokio::test]
async fn a_cursor_whose_link_is_gone_still_leads_on() {
    let app = TestApp::start().await;
    for short in ["a", "b", "c"] {
        app.put_link(short).await;
    }
    let first = app.list("?order=code&limit=2").await;
    assert_eq!(app.delete("b").await.status, 204);
    let second = app.list(&next_query(&first).expect("a next page")).await;
    assert_eq!(codes(&second), ["c"]);
}

#[tokio::test]
async fn a_wrong_query_names_its_parameter() {
    let app = TestApp::start().await;
    for (query, error) in [
        ("?limit=0", "limit limit"),
        ("?limit=1001", "limit limit"),
        ("?limit=1&limit=1", "limit duplicate"),
        ("?cursor=a%2Fb", "cursor cursor"),
        ("?prefix=%C3%BC", "prefix invalid_character"),
        ("?order=oldest", "order order"),
        ("?order=newest&prefix=a", "order order"),
        ("?order=code&order=code", "order duplicate"),
        ("?page=2", "page unknown"),
    ] {
        let answer = app.list(query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.field_errors(), [error], "{query}");
    }
}

#[tokio::test]
async fn unreadable_records_are_skipped_counted_and_logged() {
    let app = TestApp::start().await;
    for short in ["a", "c"] {
        app.put_link(short).await;
    }
    for short in ["b", "d"] {
        app.put_record(short, "not JSON").await;
    }
    let answer = app.list("?order=code").await;
    assert_eq!(codes(&answer), ["a", "c"]);
    assert_eq!(answer.header("x-skipped-records"), "2");
    let logged = app.events_named("unreadable record");
    let logged: Vec<_> = logged.iter().map(|event| event["code"].clone()).collect();
    assert_eq!(logged, ["b", "d"]);
    let page = app.list("?order=code&limit=1").await;
    assert_eq!(
        (codes(&page), page.header("x-skipped-records")),
        (vec!["a".to_owned()], "")
    );
}

#[tokio::test]
async fn a_page_reads_the_records_on_it_and_no_others() {
    let app = TestApp::start().await;
    for n in 0..50 {
        app.put_link(&format!("c{n:02}")).await;
    }
    let calls = app.count(app.list("?order=code&limit=10")).await;
    let calls: Vec<_> = calls
        .into_iter()
        .filter(|(name, _)| name.starts_with("key-value."))
        .collect();
    assert_eq!(
        calls,
        [
            ("key-value.get", 10),
            ("key-value.get-keys", 1),
            // WASI 0.3 lists the keys through an interface of its own.
            ("key-value.open", if reuses_instances() { 2 } else { 1 })
        ]
    );
}

#[tokio::test]
async fn a_list_of_keys_that_fails_is_503_and_says_what_to_do() {
    let app = TestApp::start().await;
    for short in ["a", "b", "c"] {
        app.put_link(short).await;
    }
    for error in [
        "connection reset",
        "query result exceeds limit of 134217728 bytes",
    ] {
        app.faults().before("key-value.get-keys").fail(error);
        for path in ["links", "export"] {
            let answer = app.api(Method::GET, path).send().await;
            let (status, code) = (answer.status, answer.problem());
            assert_eq!((status, code.as_str()), (503, "unavailable"), "{path}");
            let detail = answer.json()["detail"].to_string();
            assert!(detail.contains("back up the store itself"), "{detail}");
        }
        app.faults().clear();
    }
    app.faults().before("key-value.get").key("b").fail("down");
    assert_eq!(app.list("").await.problem(), "unavailable");
}
