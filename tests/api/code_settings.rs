//! Codes in other letters than ASCII, and codes whose case does not count, where the operator wants
//! them.

use http::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::app::{AKAMAI, TestApp};

const OTHER: &str = "https://other.example";

#[tokio::test]
async fn a_code_in_other_letters_is_stored_in_nfc_and_followed_percent_encoded() {
    let variables = [("unicode_codes", "true"), ("base_url", "https://sho.rt")];
    let app = TestApp::with(variables).await;
    for (given, short, segment) in [
        ("\u{e9}t\u{e9}", "été", "%C3%A9t%C3%A9"),
        ("e\u{301}", "é", "%C3%A9"),
        ("größe-2", "größe-2", "gr%C3%B6%C3%9Fe-2"),
        ("日本語", "日本語", "%E6%97%A5%E6%9C%AC%E8%AA%9E"),
        (
            "हिन्दी",
            "हिन्दी",
            "%E0%A4%B9%E0%A4%BF%E0%A4%A8%E0%A5%8D%E0%A4%A6%E0%A5%80",
        ),
    ] {
        let created = app.create(&json!({ "short": given, "url": AKAMAI })).await;
        assert_eq!(created.status, 201, "{given}: {}", created.text());
        assert_eq!(created.json()["short"], short);
        let url = format!("https://sho.rt/{segment}");
        assert_eq!(created.json()["short_url"], url);
        assert_eq!(created.location(), url);
        app.follow(&format!("/{segment}"))
            .await
            .assert_redirects_to(AKAMAI);
        let lower = segment.to_ascii_lowercase();
        app.follow(&format!("/{lower}/"))
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(segment).await.json()["short"], short);
        assert_eq!(app.available(segment).await.json()["available"], false);
        let again = app.create(&json!({ "short": short, "url": OTHER })).await;
        assert_eq!(again.status, 409, "{given}");
        assert_eq!(
            app.replace(segment, &json!({ "url": OTHER })).await.status,
            204
        );
        app.follow(&format!("/{segment}"))
            .await
            .assert_redirects_to(OTHER);
    }
    // Somebody who types it in NFD means the same.
    app.follow("/e%CC%81").await.assert_redirects_to(OTHER);
    for path in [
        "/%C3",
        "/%C3%A9%2F",
        "/%C3%A9%20",
        "/%25C3%25A9",
        "/%C3%A9x",
    ] {
        app.follow(path).await.assert_text(404, "Not Found");
    }
    assert_eq!(app.delete("%C3%A9").await.status, 204);
    app.follow("/%C3%A9").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn codes_in_other_letters_are_listed_page_by_page_and_moved() {
    let app = TestApp::with([("unicode_codes", "true")]).await;
    let shorts = ["abc", "été", "été-2", "日本"];
    for short in shorts {
        app.create(&json!({ "short": short, "url": AKAMAI })).await;
    }
    // Not in NFC, so nobody's link here.
    app.put_record("e\u{301}", "{}").await;
    let mut found = Vec::new();
    // In NFD, as somebody may type it.
    let mut next = "/_api/links?limit=1&prefix=e%CC%81t".to_owned();
    while !next.is_empty() {
        let page = app
            .api(Method::GET, next.trim_start_matches("/_api/"))
            .send()
            .await;
        let links = page.json();
        found.push(links[0]["short"].as_str().expect("a code").to_owned());
        let link = page.header("link").to_owned();
        next = link.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
    }
    assert_eq!(found, ["été", "été-2"]);
    let export = app.export().await;
    assert_eq!(export.text().lines().count(), shorts.len());
    let other = TestApp::with([("unicode_codes", "true")]).await;
    let report = other.import(export.text()).await.json();
    assert_eq!(report["created"], shorts.len(), "{report}");
}

#[tokio::test]
async fn what_nobody_can_tell_apart_is_no_code() {
    let app = TestApp::with([("unicode_codes", "true")]).await;
    for (short, error) in [
        ("p\u{430}ypal", "short mixed_scripts"),
        ("\u{3b1}bc", "short mixed_scripts"),
        ("приветhello", "short mixed_scripts"),
        ("é\u{200d}t", "short invalid_character"),
        ("é\u{202e}t", "short invalid_character"),
        ("é\u{200b}", "short invalid_character"),
        ("🦀", "short invalid_character"),
        ("é t", "short invalid_character"),
        ("é:t", "short invalid_character"),
        ("\u{ff41}bc", "short invalid_character"),
        ("aːb", "short invalid_character"),
        ("ᵃbc", "short invalid_character"),
        ("aːb", "short invalid_character"),
        ("ᵃbc", "short invalid_character"),
        (&"é".repeat(65), "short length"),
    ] {
        let answer = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(answer.field_errors(), [error], "{short}");
    }
    let longest = json!({ "short": "é".repeat(64), "url": AKAMAI });
    assert_eq!(app.create(&longest).await.status, 201);
}

#[tokio::test]
async fn without_the_setting_other_letters_are_no_codes_and_their_keys_somebody_elses() {
    let app = TestApp::start().await;
    let record = r#"{"short":"é","url":"https://akamai.com"}"#;
    app.put_record("é", record).await;
    let created = app.create(&json!({ "short": "é", "url": AKAMAI })).await;
    assert_eq!(created.field_errors(), ["short invalid_character"]);
    app.follow("/%C3%A9").await.assert_text(404, "Not Found");
    assert_eq!(app.get_link("%C3%A9").await.status, 404);
    assert_eq!(app.delete("%C3%A9").await.status, 404);
    let list = app.api(Method::GET, "links").send().await;
    assert_eq!(list.json(), json!([]));
}

#[tokio::test]
async fn where_case_does_not_count_a_code_is_one_in_every_spelling() {
    let app = TestApp::with([("case_insensitive_codes", "true")]).await;
    let created = app.create(&json!({ "short": "WeB", "url": AKAMAI })).await;
    assert_eq!(created.json()["short"], "web");
    for short in ["web", "WEB", "Web"] {
        app.follow(&format!("/{short}"))
            .await
            .assert_redirects_to(AKAMAI);
        app.follow(&format!("/{short}/"))
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.json()["short"], "web");
        assert_eq!(app.available(short).await.json()["available"], false);
        let again = app.create(&json!({ "short": short, "url": OTHER })).await;
        assert_eq!(
            (again.status, again.json()["link"]["url"].clone()),
            (409, json!(AKAMAI))
        );
    }
    // A change goes by the stored spelling, which every answer tells.
    let other = json!({ "url": OTHER });
    assert_eq!(app.replace("WEB", &other).await.status, 404);
    assert_eq!(app.replace("web", &other).await.status, 204);
    app.follow("/Web").await.assert_redirects_to(OTHER);
    assert_eq!(app.delete("wEB").await.status, 404);
    assert_eq!(app.delete("web").await.status, 204);
    app.follow("/Web").await.assert_text(404, "Not Found");
    for short in ["Sitemap.XML", "ROBOTS.txt"] {
        let refused = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(refused.field_errors(), ["short reserved"], "{short}");
    }
    for _ in 0..20 {
        let generated = app.create(&json!({ "url": AKAMAI })).await.json();
        let short = generated["short"].as_str().expect("a code");
        assert_eq!(short, short.to_lowercase());
        assert!(!short.contains(['0', 'l']), "{short}");
    }
}

#[tokio::test]
async fn codes_that_differed_by_case_before_keep_their_links() {
    let app = TestApp::with([("case_insensitive_codes", "true")]).await;
    let put = async |short: &str, url: &str| {
        let record = json!({ "short": short, "url": url });
        app.put_record(short, record.to_string()).await;
    };
    put("Web", "https://upper.example").await;
    put("web", "https://lower.example").await;
    put("New", "https://new.example").await;
    for (short, url) in [
        ("Web", "https://upper.example"),
        ("web", "https://lower.example"),
        ("WEB", "https://lower.example"),
        ("New", "https://new.example"),
    ] {
        app.follow(&format!("/{short}"))
            .await
            .assert_redirects_to(url);
        assert_eq!(app.get_link(short).await.json()["url"], url, "{short}");
    }
    // An older link in other case is found as it is spelled only.
    app.follow("/NEW").await.assert_text(404, "Not Found");
    let taken = app.create(&json!({ "short": "New", "url": AKAMAI })).await;
    assert_eq!(
        (taken.status, taken.json()["link"]["url"].clone()),
        (409, json!("https://new.example"))
    );
    assert_eq!(app.available("New").await.json()["available"], false);
    // An import of what is there changes nothing.
    let exported = app.export().await;
    let report = app.import(exported.text()).await.json();
    assert_eq!(
        (&report["created"], &report["skipped"]),
        (&json!(0), &json!(3))
    );
    let empty = TestApp::with([("case_insensitive_codes", "true")]).await;
    let report = empty.import(exported.text()).await.json();
    assert_eq!(report["created"], 3, "{report}");
    let followed = empty.follow("/Web").await;
    followed.assert_redirects_to("https://upper.example");
    // A delete that is sent again meets nobody else's link.
    assert_eq!(app.delete("Web").await.status, 204);
    assert_eq!(app.delete("Web").await.status, 404);
    let followed = app.follow("/Web").await;
    followed.assert_redirects_to("https://lower.example");
}

#[tokio::test]
async fn of_many_creators_of_one_code_in_several_spellings_one_wins() {
    let app = TestApp::with([("case_insensitive_codes", "true")]).await;
    let mut creators = JoinSet::new();
    for (n, short) in ["web", "Web", "WEB", "wEb"]
        .repeat(4)
        .into_iter()
        .enumerate()
    {
        let body = json!({ "short": short, "url": format!("https://{n}.example") });
        let create = app.api(Method::POST, "links").json(body.to_string());
        creators.spawn(create.send());
    }
    let answers = creators.join_all().await;
    let count = |status| answers.iter().filter(|it| it.status == status).count();
    assert_eq!((count(201), count(409)), (1, 15));
    let keys = app.host().store().keys().await.expect("the keys");
    let links: Vec<_> = keys.iter().filter(|key| !key.contains(':')).collect();
    assert_eq!(links, ["web"]);
}

#[tokio::test]
async fn an_event_names_the_code_that_has_the_link() {
    let variables = [
        ("case_insensitive_codes", "true"),
        ("log_redirects", "true"),
    ];
    let app = TestApp::with(variables).await;
    app.put_link("web").await;
    app.put_record("bad", "{").await;
    app.follow("/WEB").await.assert_redirects_to(AKAMAI);
    let broken = app.follow("/BAD").await;
    broken.assert_text(500, "Internal Server Error");
    let events = app.events();
    let codes: Vec<_> = events.iter().map(|event| &event["code"]).collect();
    assert_eq!(codes, ["web", "bad"]);
}

#[tokio::test]
async fn a_setting_that_is_not_known_is_no_404() {
    for (variable, path) in [
        ("case_insensitive_codes", "/AKA"),
        ("unicode_codes", "/%C3%A9"),
        ("extra_schemes", "/mail"),
    ] {
        for is_wrong in [true, false] {
            let value = if is_wrong { "a b" } else { "" };
            let app = TestApp::with([(variable, value)]).await;
            if !is_wrong {
                let provider = app.faults().before("variables.get").key(variable);
                provider.fail("vault: sealed");
            }
            app.put_link("aka").await;
            let record = r#"{"short":"mail","url":"mailto:a@a.example"}"#;
            app.put_record("mail", record).await;
            let followed = app.follow(path).await;
            followed.assert_text(503, "Service Unavailable");
            app.follow("/aka").await.assert_redirects_to(AKAMAI);
        }
    }
}

#[tokio::test]
async fn without_the_setting_case_counts_and_a_redirect_costs_one_read() {
    let app = TestApp::start().await;
    app.put_link("web").await;
    for (path, status) in [("/web", 301), ("/WEB", 404), ("/none", 404)] {
        let counts = app
            .count(async { assert_eq!(app.follow(path).await.status, status) })
            .await;
        let reads = counts.iter().find(|(name, _)| *name == "key-value.get");
        assert_eq!(reads, Some(&("key-value.get", 1)), "{path}");
    }
}
