//! A day with the page: everything that one can do there, in one go, with scripts and without.

use std::fs;

use serde_json::{Value, json};

use crate::{
    browser::{Browser, View},
    pages::check,
    shortener::{Shortener, TOKEN},
};

#[tokio::test]
async fn with_scripts_on_a_desktop() {
    live(View::DESKTOP).await;
}

#[tokio::test]
async fn with_scripts_on_a_phone_in_the_dark() {
    live(View::PHONE.dark()).await;
}

#[tokio::test]
async fn without_scripts() {
    live(View::DESKTOP.without_scripts()).await;
}

async fn live(view: View) {
    let Some(browser) = Browser::open(view).await else {
        return;
    };
    let day = Day {
        shortener: Shortener::start().await,
        browser,
        view,
    };
    day.sign_in().await;
    day.be_refused_and_correct_it().await;
    day.take_the_short_url_along().await;
    day.watch_clicks().await;
    day.edit().await;
    day.import_and_export().await;
    day.delete().await;
    day.sign_out().await;
}

struct Day {
    shortener: Shortener,
    browser: Browser,
    view: View,
}

impl Day {
    /// Follows a link or sends a form, and looks at the page that comes.
    async fn follow(&self, name: &str) {
        self.browser.follow(name).await;
        check(&self.browser).await;
    }

    async fn sign_in(&self) {
        let browser = &self.browser;
        browser.go(&self.shortener.url("/_admin/new")).await;
        check(browser).await;
        browser.fill("Admin token", "not this one").await;
        self.follow("Sign in").await;
        browser.see("That is not the admin token.").await;
        browser.fill("Admin token", TOKEN).await;
        self.follow("Sign in").await;
        assert_eq!(browser.url().await, self.shortener.url("/_admin/new"));
    }

    async fn be_refused_and_correct_it(&self) {
        let browser = &self.browser;
        self.shortener
            .put("taken", &json!({ "url": "https://akamai.com" }))
            .await;
        browser.fill("Destination", "akamai.com/blog").await;
        browser.fill("Short code", "taken").await;
        browser.fill("Expiry", "2999-01-31T12:00").await;
        browser.fill("Note", "spring <sale>").await;
        if self.view.scripts {
            browser.see("This code is taken.").await;
        }
        self.follow("Create").await;
        browser
            .see("Destination must begin with http:// or https://")
            .await;
        assert_eq!(browser.value("Destination").await, "akamai.com/blog");
        assert_eq!(browser.value("Expiry").await, "2999-01-31T12:00");
        assert_eq!(browser.value("Note").await, "spring <sale>");

        browser.fill("Destination", "https://akamai.com/blog").await;
        self.follow("Create").await;
        browser
            .see("Another link has this code. Choose another, or none.")
            .await;
        browser.fill("Short code", "-").await;
        if self.view.scripts {
            browser.see("Short code must begin with").await;
        }
        browser.fill("Short code", "spring").await;
        if self.view.scripts {
            browser.see("This code is available.").await;
        }
        self.follow("Create").await;
        browser.see("Link created.").await;
        browser.see(&self.shortener.url("/spring")).await;
        browser.see("spring <sale>").await;
        let shown = "return document.querySelector('.qr').naturalWidth";
        assert_ne!(browser.run(shown, vec![]).await, 0);
    }

    async fn take_the_short_url_along(&self) {
        let browser = &self.browser;
        let buttons = "return [...document.querySelectorAll('[data-copy]')].filter((it) => it.checkVisibility()).length";
        if !self.view.scripts {
            // What cannot work is not there.
            assert_eq!(browser.run(buttons, vec![]).await, 0);
            return;
        }
        browser.press("Copy").await;
        browser.see("Copied").await;
        assert_eq!(browser.clipboard().await, self.shortener.url("/spring"));
    }

    async fn watch_clicks(&self) {
        for _ in 0..3 {
            self.shortener.visit("spring").await;
        }
        let browser = &self.browser;
        browser
            .go(&self.shortener.url("/_admin/links/spring"))
            .await;
        // They are written to the store a moment after the visit.
        browser
            .reload_until("3 in total, 3 on the busiest day")
            .await;
        browser.press("Show as table").await;
        browser.see("Day (UTC)").await;
        check(browser).await;
    }

    async fn edit(&self) {
        let browser = &self.browser;
        browser
            .fill("Destination", "https://akamai.com/edited")
            .await;
        browser.fill("Note", "autumn").await;
        self.follow("Save changes").await;
        browser.see("Changes saved.").await;
        browser.see("autumn").await;
        assert_eq!(browser.value("Expiry").await, "2999-01-31T12:00");
        self.follow("Save changes").await;
        browser.see("There were no changes to save.").await;
    }

    async fn import_and_export(&self) {
        let browser = &self.browser;
        self.follow("Import and export").await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("links.ndjson");
        let lines = [
            r#"{"short":"one","url":"https://a.example"}"#,
            r#"{"short":"spring","url":"https://a.example"}"#,
            r#"{"short":"two","url":"ftp://a.example"}"#,
        ];
        fs::write(&file, lines.join("\n")).expect("a file");
        browser.upload("File", &file).await;
        self.follow("Import").await;
        for text in [
            "Created: 1\nLine 1",
            "Skipped: 1\nLine 2.",
            "Rejected: 1\nLine 3: url must begin with http:// or https://",
        ] {
            browser.see(text).await;
        }
        let (name, content) = browser.download("Download all links").await;
        assert_eq!(name, "links.ndjson");
        let content = String::from_utf8(content).expect("UTF-8");
        let links = content
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let codes: Vec<_> = links.map(|link| link["short"].clone()).collect();
        assert_eq!(codes, ["taken", "spring", "one"]);
    }

    async fn delete(&self) {
        let browser = &self.browser;
        browser.go(&self.shortener.url("/_admin/")).await;
        let without_scheme = self.shortener.url("/spring").replace("http://", "");
        self.follow(&without_scheme).await;
        if self.view.scripts {
            browser.press("Delete this link").await;
            browser.see("Delete spring?").await;
            check(browser).await;
            browser.press("Cancel").await;
            browser.press("Delete this link").await;
        } else {
            self.follow("Delete this link").await;
            self.follow("Cancel").await;
            self.follow("Delete this link").await;
        }
        self.follow("Delete").await;
        browser.see("Link spring was deleted.").await;
        assert!(!browser.text().await.contains(&without_scheme));
    }

    async fn sign_out(&self) {
        let browser = &self.browser;
        self.follow("Sign out").await;
        assert_eq!(browser.url().await, self.shortener.url("/_admin/sign-in"));
        browser.go(&self.shortener.url("/_admin/")).await;
        assert_eq!(browser.url().await, self.shortener.url("/_admin/sign-in"));
    }
}
