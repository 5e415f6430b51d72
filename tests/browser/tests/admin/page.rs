//! What people do on a page. They know it by what they can read: labels and the names of buttons.

use serde_json::{Value, json};
use thirtyfour::{Key, WebElement};

use crate::browser::{Browser, eventually};

/// The one visible element of this name, or else the names that there are.
const FIND: &str = r"
    const [kind, name] = arguments;
    const [css, namesOf] = {
        field: [
            'input:not([type=hidden])',
            (field) => [...(field.labels ?? []), ...(field.ariaLabelledByElements ?? [])]
                .map((label) => label.innerText).concat(field.ariaLabel),
        ],
        button: [
            'a[href], button, input[type=submit], summary',
            (button) => [button.innerText, button.ariaLabel, button.value],
        ],
    }[kind];
    const words = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
    const names = (element) => namesOf(element).map(words).filter((name) => name);
    const visible = [...document.querySelectorAll(css)]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const found = visible.filter((element) => names(element).includes(name));
    return found.length === 1 ? found[0] : visible.map((element) => names(element).join(' | '));
";

/// What typing means here depends on the locale: the value is set, as the field's picker does.
const WITH_PICKER: &str = "datetime-local";

const PICK: &str = r"
    const [field, value] = arguments;
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return field.value;
";

/// What has the focus for the first time, if something does, and whether one sees that.
const FOCUSED: &str = r"
    const focused = document.activeElement;
    // A field for times has several stops in itself.
    const again = 'last' in focused.dataset;
    if (focused === document.body || ('reached' in focused.dataset && !again)) {
        return {};
    }
    document.querySelector('[data-last]')?.removeAttribute('data-last');
    focused.dataset.reached = focused.dataset.last = '';
    const outline = getComputedStyle(focused);
    const box = focused.getBoundingClientRect();
    return {
        again,
        name: focused.ariaLabel || focused.innerText || focused.id || focused.tagName,
        shown: outline.outlineStyle !== 'none' && parseFloat(outline.outlineWidth) >= 2 && box.width > 1 && box.height > 1,
    };
";

impl Browser {
    /// The input with this label. Waits for it, as all that follows does: a script may still have
    /// to make it.
    pub async fn field(&self, label: &str) -> WebElement {
        self.find("field", label).await
    }

    async fn find(&self, kind: &str, name: &str) -> WebElement {
        let ask = async || {
            let found = self.driver().execute(FIND, vec![json!(kind), json!(name)]);
            found.await.ok()?.element().ok()
        };
        match eventually(ask).await {
            Some(element) => element,
            None => {
                let others = self.run(FIND, vec![json!(kind), json!(name)]).await;
                panic!("not one {kind} is named {name:?}, of {others}");
            }
        }
    }

    pub async fn value(&self, label: &str) -> String {
        let value = self.field(label).await.prop("value").await;
        value.expect("a field").unwrap_or_default()
    }

    /// Puts this text in place of what is there. Dates and times are as in `value`: `2031-05-06T07:08`.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        let kind = field.prop("type").await.expect("a field");
        if kind.as_deref() == Some(WITH_PICKER) {
            let field = field.to_json().expect("an element");
            let taken = self.run(PICK, vec![field, json!(text)]).await;
            assert!(taken != "", "{label} is no field for {text}");
            return;
        }
        field.clear().await.expect("a field that can be changed");
        let typed = field.send_keys(text).await;
        typed.expect("a field that can be changed");
    }

    /// Presses the button or link with this text. Where that leads to another page: [`Browser::follow`].
    pub async fn press(&self, name: &str) {
        let button = self.find("button", name).await;
        button.click().await.expect("a button that can be pressed");
    }

    /// What there is to read in the page's main part.
    pub async fn text(&self) -> String {
        // Not WebDriver's own text of an element, which leaves out `noscript`, shown or not.
        let text = self
            .run("return document.querySelector('main').innerText", vec![])
            .await;
        match text {
            Value::String(text) => text,
            other => panic!("no text but {other}"),
        }
    }

    /// Waits until there is this to read: for what a script does later.
    pub async fn see(&self, text: &str) {
        let seen = async || self.text().await.contains(text).then_some(());
        if eventually(seen).await.is_none() {
            panic!("no {text:?} in {}", self.text().await);
        }
    }

    /// Asks for the page again until it has this to read: for what the server does later.
    pub async fn reload_until(&self, text: &str) {
        let seen = async || {
            self.driver().refresh().await.ok()?;
            self.text().await.contains(text).then_some(())
        };
        if eventually(seen).await.is_none() {
            panic!("no {text:?} in {}", self.text().await);
        }
    }

    /// The names of all that the Tab key leads to, in that order. Each can be seen to have the focus.
    pub async fn tab_through(&self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let tab = self.driver().action_chain().send_keys(Key::Tab);
            tab.perform().await.expect("a key");
            let focused = self.run(FOCUSED, vec![]).await;
            let Some(name) = focused["name"].as_str() else {
                return names;
            };
            assert_eq!(focused["shown"], true, "{name}");
            if focused["again"] == false {
                names.push(name.to_owned());
            }
        }
    }
}
