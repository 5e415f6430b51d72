//! Every page in every view: no violation of the policy, no horizontal scrolling, and nothing that axe finds.

use crate::{
    browser::{Browser, View},
    shortener::Shortener,
};

/// What must hold of the page that the browser shows, whatever it is.
pub async fn check(browser: &Browser) {
    let url = browser.url().await;
    assert_eq!(browser.console_errors().await, [""; 0], "{url}");
    assert_eq!(browser.accessibility_violations().await, [""; 0], "{url}");
    assert_eq!(browser.excess_width().await, 0, "{url}");
}

async fn look_at_every_page(view: View) {
    let Some(browser) = Browser::open(view).await else {
        return;
    };
    let empty = Shortener::start().await;
    browser.go(&empty.url("/_admin/sign-in")).await;
    check(&browser).await;
    empty.sign_in(&browser).await;
    browser.see("There are no links yet.").await;
    check(&browser).await;
    let shortener = Shortener::filled().await;
    // The browser is signed in there too: a cookie is for all ports of a host.
    browser.go(&shortener.url("/_admin/")).await;
    browser.see("/plain").await;
    for path in [
        "/_admin/",
        "/_admin/?prefix=lon",
        "/_admin/?prefix=a%20b",
        "/_admin/?limit=2",
        "/_admin/?deleted=gone",
        "/_admin/new",
        "/_admin/move",
        "/_admin/links/plain",
        "/_admin/links/plain?done=saved",
        "/_admin/links/later",
        "/_admin/links/over",
        "/_admin/links/long",
        "/_admin/links/naughty",
        "/_admin/links/mail",
        "/_admin/links/unreadable",
        "/_admin/links/gone",
        "/_admin/links/plain/delete",
        "/_admin/links/unreadable/delete",
    ] {
        browser.go(&shortener.url(path)).await;
        check(&browser).await;
    }
}

#[tokio::test]
async fn on_a_desktop_in_the_light() {
    look_at_every_page(View::DESKTOP).await;
}

#[tokio::test]
async fn on_a_desktop_in_the_dark() {
    look_at_every_page(View::DESKTOP.dark()).await;
}

#[tokio::test]
async fn on_a_phone_in_the_light() {
    look_at_every_page(View::PHONE).await;
}

#[tokio::test]
async fn on_a_phone_in_the_dark_without_scripts() {
    look_at_every_page(View::PHONE.dark().without_scripts()).await;
}

/// A desktop's page at 200 % has half its width, and at 400 % a quarter (WCAG 2.2, 1.4.4 and 1.4.10).
#[tokio::test]
async fn enlarged_fourfold() {
    let enlarged = View {
        width: View::DESKTOP.width / 4,
        ..View::DESKTOP
    };
    look_at_every_page(enlarged).await;
}

#[tokio::test]
async fn what_a_link_holds_runs_nothing() {
    let Some(browser) = Browser::open(View::DESKTOP).await else {
        return;
    };
    let shortener = Shortener::filled().await;
    shortener.sign_in(&browser).await;
    for path in [
        "/_admin/",
        "/_admin/links/naughty",
        "/_admin/links/naughty/delete",
    ] {
        browser.go(&shortener.url(path)).await;
        browser.see("https://a.example/").await;
        let strangers = "return document.querySelectorAll('[onerror], img[src=x]').length";
        assert_eq!(browser.run(strangers, vec![]).await, 0, "{path}");
    }
    assert!(browser.text().await.contains("Delete naughty?"));
}

/// For a poster: nothing else on the paper.
#[tokio::test]
async fn a_link_is_printed_as_its_short_url_and_its_qr_code() {
    let Some(browser) = Browser::open(View::DESKTOP).await else {
        return;
    };
    let shortener = Shortener::filled().await;
    shortener.sign_in(&browser).await;
    browser.go(&shortener.url("/_admin/links/plain")).await;
    browser.print_preview().await;
    let printed = browser.text().await;
    let printed: Vec<_> = printed.split_whitespace().collect();
    assert_eq!(printed, [&shortener.url("/plain"), "QR", "code"]);
    let image = "return document.querySelector('.qr').checkVisibility()";
    assert_eq!(browser.run(image, vec![]).await, true);
}

#[tokio::test]
async fn everything_can_be_reached_by_keyboard_and_is_seen_to_have_the_focus() {
    let Some(browser) = Browser::open(View::DESKTOP).await else {
        return;
    };
    let shortener = Shortener::filled().await;
    shortener.sign_in(&browser).await;
    for (path, last) in [
        ("/_admin/", "https://akamai.com/"),
        ("/_admin/links/plain", "Delete this link"),
    ] {
        browser.go(&shortener.url(path)).await;
        let reached = browser.tab_through().await;
        for name in [
            "Skip to main content",
            "All links",
            "New link",
            "Import and export",
            "Sign out",
            last,
        ] {
            assert!(reached.contains(&name.to_owned()), "{name}: {reached:?}");
        }
    }
}
