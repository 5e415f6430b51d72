//! What must hold of every page: nothing on the console, nothing in the way of anybody, nothing off the screen.

use std::path::Path;

use serde_json::Value;

use crate::browser::Browser;

/// axe-core 4.14.1, unchanged and under its own licence, the MPL 2.0. To renew it: `npm pack axe-core`, and
/// `package/axe.min.js` is in the archive.
const AXE: &str = include_str!("axe.min.js");

/// Where the scripts of a page are off, its timers never fire: axe waits for short ones to go on, and for long ones to
/// give up, which the driver does as well.
const TIMERS: &str = "
    const setTimeout = (work, delay) => {
        if (!(delay > 1)) Promise.resolve().then(work);
    };
";

/// Every rule of WCAG 2.0, 2.1 and 2.2, levels A and AA, also those that axe leaves out unless asked, and more.
const RUN_AXE: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
        .then(({ violations }) => done({ violations }), (error) => done({ error: String(error) }));
";

impl Browser {
    /// What the browser has complained about since the last look: with `security:`, violations of the page's policy;
    /// with `network:`, what is missing; with `javascript:`, what a script did not catch.
    ///
    /// That this very page came with a status such as 422 is left out: a test says what it expects there.
    pub async fn console_errors(&self) -> Vec<String> {
        let entries = self.driver().browser_log().await.expect("a log");
        let status = format!("{} - Failed to load resource", self.url().await);
        let errors = entries.into_iter().filter(|entry| {
            let policy = entry.message.contains("Content Security Policy");
            (entry.level == "SEVERE" || policy) && !entry.message.starts_with(&status)
        });
        let line = |source: Option<String>, message| {
            let source = source.unwrap_or_default();
            format!("{source}: {message}")
        };
        errors
            .map(|entry| line(entry.source, entry.message))
            .collect()
    }

    /// What axe finds wrong with this page for people with disabilities: the rule, what to do, and where.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        let answer = self.run_async(&format!("{TIMERS}{AXE};{RUN_AXE}")).await;
        let Value::Array(violations) = &answer["violations"] else {
            panic!("axe failed: {answer}");
        };
        violations.iter().map(line).collect()
    }

    /// By how many CSS pixels the page is wider than the screen, which makes people scroll sideways.
    pub async fn excess_width(&self) -> i64 {
        const EXCESS: &str = "
            const { scrollWidth, clientWidth } = document.documentElement;
            return scrollWidth - clientWidth;
        ";
        self.run(EXCESS, vec![]).await.as_i64().expect("pixels")
    }

    /// What is on the screen, as a PNG.
    pub async fn screenshot(&self, file: &Path) {
        let taken = self.driver().screenshot(file).await;
        taken.expect("a screenshot");
    }
}

fn line(violation: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let nodes = violation["nodes"].as_array().expect("nodes");
    let places: Vec<_> = nodes.iter().map(|node| text(&node["html"])).collect();
    let (rule, help) = (text(&violation["id"]), text(&violation["help"]));
    format!("{rule}: {help}\n  {}", places.join("\n  "))
}
