//! Which codes are valid: the nearest input on each side of every rule.

use serde_json::json;

use crate::{
    app::{AKAMAI, TestApp},
    tally::{Stored, Tally},
};

#[tokio::test]
async fn a_valid_code_is_taken_as_it_is() {
    let longest = "c".repeat(64);
    let app = TestApp::start().await;
    for short in [
        "a",
        "z",
        "A",
        "Z",
        "0",
        "9",
        "a.",
        "a_",
        "a~",
        "a-",
        "a..b",
        "0-._~",
        "robots",
        "Robots.txt",
        "favicon.icon",
        "api",
        "links",
        "null",
        &longest,
    ] {
        let created = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(created.json()["short"], short);
        assert_eq!(created.location(), format!("/{short}"));
        app.follow(created.location())
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.status, 200, "{short}");
        assert_eq!(app.available(short).await.json()["available"], false);
    }
}

#[tokio::test]
async fn a_code_is_the_same_with_its_characters_percent_encoded() {
    let app = TestApp::start().await;
    let link = json!({ "short": "docs~v2", "url": AKAMAI });
    assert_eq!(app.create(&link).await.status, 201);
    for short in ["docs%7Ev2", "docs%7ev2", "%64%6F%63%73~v2", "docs%7E%76%32"] {
        let visited = app.follow(&format!("/{short}?a=%7E")).await;
        visited.assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.json()["short"], "docs~v2");
        assert_eq!(app.available(short).await.json()["available"], false);
        let other = json!({ "url": "https://other.example" });
        assert_eq!(app.replace(short, &other).await.status, 204);
        let visited = app.follow("/docs~v2").await;
        visited.assert_redirects_to("https://other.example");
        assert_eq!(
            app.replace("docs~v2", &json!({ "url": AKAMAI }))
                .await
                .status,
            204
        );
    }
    // What is no unreserved character stays encoded, and no code; nor is anything decoded twice.
    for short in [
        "docs%257Ev2",
        "docs%2Fv2",
        "docs%7",
        "docs%",
        "docs%3Av2",
        "%20docs~v2",
    ] {
        app.follow(&format!("/{short}"))
            .await
            .assert_text(404, "Not Found");
        assert_eq!(app.get_link(short).await.status, 404, "{short}");
    }
    assert_eq!(app.delete("docs%7Ev2").await.status, 204);
    app.follow("/docs~v2").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn an_invalid_code_is_refused_and_not_rewritten() {
    let too_long = "c".repeat(65);
    let app = TestApp::start().await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("invalid codes");
    for (short, error) in [
        ("", "length"),
        (too_long.as_str(), "length"),
        (".a", "invalid_character"),
        ("_a", "invalid_character"),
        ("~a", "invalid_character"),
        ("-a", "invalid_character"),
        ("_api", "invalid_character"),
        (" a", "invalid_character"),
        ("a ", "invalid_character"),
        ("a\n", "invalid_character"),
        ("a/", "invalid_character"),
        ("/a", "invalid_character"),
        ("a/b", "invalid_character"),
        ("a%62", "invalid_character"),
        ("a:b", "invalid_character"),
        ("claim:a", "invalid_character"),
        ("a?b", "invalid_character"),
        ("a#b", "invalid_character"),
        ("a+b", "invalid_character"),
        ("a@b", "invalid_character"),
        ("a\\b", "invalid_character"),
        ("a\0", "invalid_character"),
        // The neighbours of 0 9 A Z a z.
        ("a;", "invalid_character"),
        ("a[", "invalid_character"),
        ("a`", "invalid_character"),
        ("a{", "invalid_character"),
        ("ä", "invalid_character"),
        ("а", "invalid_character"),
        ("٣", "invalid_character"),
        ("robots.txt", "reserved"),
        ("favicon.ico", "reserved"),
    ] {
        let answer = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "invalid_field"),
            "{short:?}"
        );
        assert_eq!(
            answer.field_errors(),
            [format!("short {error}")],
            "{short:?}"
        );
        tally.expect(Some(answer.status), Some(400), short);
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

#[tokio::test]
async fn a_name_that_is_requested_from_every_site_is_no_new_code_but_an_old_link_stays() {
    let app = TestApp::start().await;
    for short in [
        "sitemap.xml",
        "index.html",
        "apple-app-site-association",
        "ads.txt",
    ] {
        let created = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(created.field_errors(), ["short reserved"], "{short}");
        assert_eq!(
            app.available(short).await.field_errors(),
            ["short reserved"]
        );
        app.follow(&format!("/{short}"))
            .await
            .assert_text(404, "Not Found");

        app.put_link(short).await;
        app.follow(&format!("/{short}"))
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.status, 200, "{short}");
        let other = json!({ "url": "https://other.example" });
        assert_eq!(app.replace(short, &other).await.status, 204);
        // Nobody has told the catalog of the link.
        assert_eq!(app.rebuild().await.status, 200);
        let exported = app.export().await;
        assert_eq!(app.delete(short).await.status, 204);
        let report = app.import(exported.text()).await.json();
        assert_eq!(report["created"], 1, "{report}");
        assert_eq!(app.delete(short).await.status, 204);
    }
    for short in ["Sitemap.xml", "sitemap", "index.htm", "ads"] {
        let created = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(created.status, 201, "{short}");
    }
}
