//! That the harness sees what it is there to see, and that it can do what people do.

use std::fs;

use crate::{
    browser::{Browser, View},
    site::{Page, Site},
};

const HTML: &str = "text/html; charset=utf-8";

const PAGES: &[Page] = &[
    ("/style.css", "text/css", ".wide { width: 600px }"),
    (
        "/script.js",
        "text/javascript",
        "addEventListener('DOMContentLoaded', () => {
            document.querySelector('#by').textContent = 'by a script';
            const copy = document.querySelector('#copy');
            copy.onclick = () => navigator.clipboard.writeText('taken along').then(() => copy.append(': done'));
        });",
    ),
    (
        "/good",
        HTML,
        "<!doctype html><html lang=en><title>Good</title><link rel=icon href='data:,'>
         <link rel=stylesheet href=/style.css><script src=/script.js></script>
         <main><h1>Good</h1><p id=by>by nobody</p><noscript>scripts are off</noscript>
         <button id=copy>Copy</button></main>",
    ),
    (
        "/bad",
        HTML,
        "<!doctype html><html lang=en><title>Bad</title><link rel=icon href='data:,'>
         <link rel=stylesheet href=/style.css>
         <main><h1>Bad</h1><p style='color: red'>A style of its own</p><script>document.title = 'X'</script><img src='data:,'>
         <p><font color='#cccccc'>hardly to be seen</font></p><p class=wide>wide</p></main>",
    ),
    (
        "/form",
        HTML,
        "<!doctype html><html lang=en><title>Form</title><link rel=icon href='data:,'>
         <main><h1>Form</h1><form method=post action=/sent enctype=multipart/form-data>
         <p><label for=url>Destination</label> <input id=url name=url value=before>
         <p><label>Expires <input type=datetime-local name=expires></label>
         <p><label>File <input type=file name=file></label>
         <p><button>Create <b>it</b></button></form>
         <p><a href=/list.csv download>Take the list</a></main>",
    ),
    ("/list.csv", "text/csv", "code,url\n"),
    (
        "/sent",
        HTML,
        "<!doctype html><html lang=en><title>Sent</title><link rel=icon href='data:,'><main>Thank you</main>",
    ),
];

/// With and without scripts, once as wide, light and so on as the other is not.
const VIEWS: [View; 2] = [View::DESKTOP, View::PHONE.dark().without_scripts()];

#[tokio::test]
async fn a_violated_policy_is_a_console_error() {
    let site = Site::start(PAGES).await;
    for view in VIEWS {
        let Some(browser) = Browser::open(view).await else {
            return;
        };
        browser.go(&site.url("/bad")).await;
        let errors = browser.console_errors().await;
        // Where scripts are off, none is refused.
        let policies = ["style-src 'self'", "script-src 'self'"];
        let policies = &policies[..1 + usize::from(view.scripts)];
        assert_eq!(errors.len(), policies.len(), "{errors:?}");
        for (error, policy) in errors.iter().zip(policies) {
            assert!(error.starts_with("security: "), "{error}");
            assert!(error.contains(policy), "{error}");
        }

        browser.go(&site.url("/good")).await;
        assert_eq!(browser.console_errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn axe_finds_what_is_in_the_way() {
    let site = Site::start(PAGES).await;
    for view in VIEWS {
        let Some(browser) = Browser::open(view).await else {
            return;
        };
        browser.go(&site.url("/bad")).await;
        let violations = browser.accessibility_violations().await;
        let rules = violations.iter().map(|line| line.split(':').next());
        let rules: Vec<_> = rules.flatten().collect();
        assert_eq!(rules, ["color-contrast", "image-alt"], "{violations:?}");
        assert!(violations[1].contains("<img src="), "{violations:?}");

        browser.go(&site.url("/good")).await;
        browser.console_errors().await;
        assert_eq!(browser.accessibility_violations().await, [""; 0]);
        assert_eq!(browser.console_errors().await, [""; 0], "axe's own");
    }
}

#[tokio::test]
async fn a_page_is_seen_as_asked() {
    let site = Site::start(PAGES).await;
    for view in VIEWS {
        let Some(browser) = Browser::open(view).await else {
            return;
        };
        browser.go(&site.url("/good")).await;
        let text = browser.text().await;
        assert_eq!(text.contains("by a script"), view.scripts, "{text}");
        assert_eq!(text.contains("scripts are off"), !view.scripts, "{text}");
        assert_eq!(browser.excess_width().await, 0);
        let dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
        assert_eq!(browser.run(dark, vec![]).await, view.dark);

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("page.png");
        browser.screenshot(&file).await;
        let png = fs::read(&file).expect("a file");
        let size = [view.width.to_be_bytes(), view.height.to_be_bytes()].concat();
        assert_eq!(png[16..24], size, "width and height, in the first chunk");

        if view.scripts {
            browser.press("Copy").await;
            browser.see("Copy: done").await;
            assert_eq!(browser.clipboard().await, "taken along");
        } else {
            browser.go(&site.url("/bad")).await;
            assert!(browser.excess_width().await > 0);
        }
    }
}

#[tokio::test]
async fn a_form_is_filled_by_its_labels() {
    let site = Site::start(PAGES).await;
    for view in VIEWS {
        let Some(browser) = Browser::open(view).await else {
            return;
        };
        browser.go(&site.url("/form")).await;
        browser.fill("Destination", "https://example.com/🦀").await;
        browser.fill("Expires", "2031-05-06T07:08").await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("links.csv");
        fs::write(&file, "in the file").expect("a file");
        browser.upload("File", &file).await;
        assert_eq!(browser.value("Destination").await, "https://example.com/🦀");
        for _ in 0..2 {
            let (name, content) = browser.download("Take the list").await;
            assert_eq!((name.as_str(), &*content), ("list.csv", &b"code,url\n"[..]));
        }
        browser.follow("Create it").await;
        assert_eq!(browser.url().await, site.url("/sent"));
        assert_eq!(browser.text().await, "Thank you");
        let request = site.last("POST");
        for part in [
            "\r\n\r\nhttps://example.com/🦀\r\n",
            "\r\n\r\n2031-05-06T07:08\r\n",
            "filename=\"links.csv\"",
            "\r\n\r\nin the file\r\n",
        ] {
            assert!(request.contains(part), "no {part} in {request}");
        }
    }
}
