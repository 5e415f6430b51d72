//! What no page does, whatever a link holds and whatever is asked for.

use http::Method;
use serde_json::json;

use super::operator::{Operator, POLICY, checked, request};
use crate::app::{TOKEN, TestApp};

/// Texts that have broken pages elsewhere.
const NAUGHTY: [&str; 10] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "</title></textarea></bdi><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; &#60;",
    "javascript:alert(1)",
    "`${alert(1)}`",
    "\u{202e}gnp.txt\u{2066}",
    "<!--><b>",
];

/// The markup of a page: its tags, without what they hold.
fn tags(page: &str) -> Vec<String> {
    let tags = page.split('<').skip(1);
    let name = |tag: &str| {
        tag.split(['>', ' ', '\n'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    tags.map(name).collect()
}

#[tokio::test]
async fn nothing_that_a_link_holds_changes_the_markup() {
    let plain = markup_of("plain", "https://a.example/?plain").await;
    for text in NAUGHTY {
        let url = format!("https://a.example/?{text}");
        assert_eq!(markup_of(text, &url).await, plain, "{text}");
    }
}

/// The tags of the pages for a link with this note and destination, past every check.
async fn markup_of(note: &str, url: &str) -> Vec<Vec<String>> {
    let app = TestApp::start().await;
    app.put_record("aka", json!({ "url": url, "note": note }).to_string())
        .await;
    let operator = Operator::sign_in(&app).await;
    let mut pages = Vec::new();
    for path in ["/_admin/", "/_admin/links/aka", "/_admin/links/aka/delete"] {
        let page = operator.page(path).await;
        let is_markup = note.contains(['<', '"', '\'']);
        assert!(
            !(is_markup && page.contains(note)),
            "{note} is in {path} as it is"
        );
        // A long destination has a cut form beside the whole one, and may be shortened here.
        pages.push(
            tags(&page)
                .into_iter()
                .filter(|tag| !tag.ends_with("span"))
                .collect(),
        );
    }
    pages
}

#[tokio::test]
async fn nothing_that_is_typed_changes_the_markup() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let refused = async |text: &str| {
        let fields =
            ["url", "short", "not_before", "expires_at", "note"].map(|field| (field, text));
        let form = operator.post("/_admin/new", &fields).await;
        let search = url::form_urlencoded::byte_serialize(text.as_bytes());
        let search: String = search.collect();
        let search = operator.get(&format!("/_admin/?prefix={search}")).await;
        assert_eq!((form.status, search.status), (400, 400), "{text}");
        (tags(form.text()), tags(search.text()))
    };
    let plain = refused("a b").await;
    for text in NAUGHTY {
        assert_eq!(refused(text).await, plain, "{text}");
    }
    // What is no code was not deleted.
    let page = operator.page("/_admin/?deleted=%3Cscript%3E").await;
    assert!(!page.contains("was deleted"), "{page}");
}

#[tokio::test]
async fn a_destination_that_would_run_is_never_a_link() {
    let app = TestApp::with([("extra_schemes", "mailto")]).await;
    for (short, url) in [
        ("a", "javascript:alert(1)"),
        ("b", " JavaScript:alert(1)"),
        ("c", "data:text/html,<script>alert(1)</script>"),
        ("d", "vbscript:x"),
        ("e", "mailto:a@b.example"),
    ] {
        app.put_record(short, json!({ "url": url }).to_string())
            .await;
    }
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/").await;
    for start in ["javascript", "data:text", "vbscript", "mailto", " "] {
        let link = format!("href=\"{start}");
        assert!(!page.to_lowercase().contains(&link), "{link}: {page}");
    }
    assert!(page.contains("mailto:a@b.example"));
    for short in ["a", "b", "c", "d"] {
        let answer = operator.get(&format!("/_admin/links/{short}")).await;
        assert_eq!(answer.status, 500, "{short}");
    }
    let new = operator
        .post("/_admin/new", &[("url", "javascript:alert(1)")])
        .await;
    assert_eq!(new.status, 400);
}

#[tokio::test]
async fn the_token_is_in_no_page_no_url_and_no_log() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    for path in [
        "/_admin/",
        "/_admin/new",
        "/_admin/move",
        "/_admin/links/aka",
        "/_admin/links/aka/delete",
        "/_admin/links/aka/qr.svg",
        "/_admin/export",
    ] {
        // `checked` looks for the token in each answer, and `TestApp` in the log.
        let answer = operator.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.location().contains(TOKEN));
    }
    assert!(!operator.cookie.contains(TOKEN));
}

#[tokio::test]
async fn every_kind_of_answer_has_the_header_fields_that_protect_it() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    for (method, path, status) in [
        (Method::GET, "/_admin/nothing", 404),
        (Method::PUT, "/_admin/new", 405),
        (Method::POST, "/_admin/", 405),
        (Method::DELETE, "/_admin/links/aka", 405),
        (Method::OPTIONS, "/_admin/new", 405),
    ] {
        let answer = checked(operator.request(method, path)).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("allow").is_empty(), status == 404);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), POLICY);
    }
}

#[tokio::test]
async fn head_gets_what_get_gets_without_the_body() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let got = operator.get("/_admin/new").await;
    let head = checked(operator.request(Method::HEAD, "/_admin/new")).await;
    assert_eq!((head.status, head.text()), (200, ""));
    assert_eq!(head.header("content-length"), got.body.len().to_string());
}

#[tokio::test]
async fn assets_are_for_everybody_and_are_kept_for_long_under_names_that_change_with_them() {
    let app = TestApp::start().await;
    let page = checked(request(&app, Method::GET, "/_admin/sign-in")).await;
    let named = page
        .text()
        .split('"')
        .filter(|text| text.starts_with("/_admin/assets/"));
    let named: Vec<String> = named.map(str::to_owned).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    for (path, media_type) in named.iter().zip([
        "image/svg+xml",
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
    ]) {
        let answer = checked(request(&app, Method::GET, path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, media_type)
        );
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
    let answer = checked(request(&app, Method::GET, "/_admin/assets/style.css")).await;
    assert_eq!(answer.status, 404);
}

/// Nothing in a page is inline, and nothing is loaded from elsewhere: the policy would only stop it.
#[tokio::test]
async fn no_page_has_anything_inline_or_from_elsewhere() {
    let app = TestApp::with([("clicks", "daily")]).await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    for path in [
        "/_admin/",
        "/_admin/new",
        "/_admin/move",
        "/_admin/links/aka",
    ] {
        let page = operator.page(path).await;
        for inline in [
            "<style",
            " style=",
            "<script>",
            " onclick",
            " src=\"http",
            "<base",
            "<iframe",
        ] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn a_path_beside_the_pages_is_a_short_code_as_ever() {
    let app = TestApp::start().await;
    let answer = app.follow("/_adminx").await;
    assert_eq!((answer.status, answer.text()), (404, "Not Found"));
}
