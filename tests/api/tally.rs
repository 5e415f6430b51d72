//! What became of a class of hostile inputs: counted, printed, and then judged.
//!
//! `cargo test --test api -- --nocapture` shows the figures.

use std::{collections::BTreeMap, fmt};

use embedded_host::LogSource;

use crate::app::TestApp;

/// The counts of one class of inputs.
pub struct Tally {
    class: &'static str,
    /// How often there was which status; `None` stands for a connection closed without an answer.
    statuses: BTreeMap<Option<u16>, usize>,
    panics: usize,
    /// Inputs with another answer than theirs, or with any 5xx where none is theirs.
    wrong: Vec<String>,
    changed: Vec<String>,
}

/// Everything in a store.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored(BTreeMap<String, Option<Vec<u8>>>);

impl Stored {
    pub async fn of(app: &TestApp) -> Self {
        let store = app.host().store();
        let mut found = BTreeMap::new();
        for key in store.keys().await.expect("the keys") {
            let value = store.get(&key).await.expect("a value");
            found.insert(key, value);
        }
        Self(found)
    }
}

impl Tally {
    pub fn of(class: &'static str) -> Self {
        Self {
            class,
            statuses: BTreeMap::new(),
            panics: 0,
            wrong: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Counts the answer to `input`, which may be any but a 5xx.
    pub fn add(&mut self, status: Option<u16>, input: impl fmt::Display) {
        self.count(status, status.is_none_or(|status| status < 500), &input);
    }

    /// Counts the answer to `input`, which must be this one.
    pub fn expect(&mut self, status: Option<u16>, expected: Option<u16>, input: impl fmt::Display) {
        self.count(status, status == expected, &input);
    }

    fn count(&mut self, status: Option<u16>, is_right: bool, input: &impl fmt::Display) {
        *self.statuses.entry(status).or_default() += 1;
        if !is_right {
            self.wrong.push(format!("{status:?} for {input:.300}"));
        }
    }

    pub fn look_for_panics(&mut self, app: &TestApp) {
        self.panics += panics(app);
    }

    /// Looks for panics in the log of `app`, and for changes of what was stored `before`, the catalog
    /// aside: the first list completes it.
    pub async fn look_at(&mut self, app: &TestApp, before: &Stored) {
        self.look_for_panics(app);
        let after = Stored::of(app).await;
        let of_both = before.0.keys().chain(after.0.keys());
        let changed = of_both
            .filter(|key| !key.starts_with("catalog:"))
            .filter(|key| before.0.get(*key) != after.0.get(*key));
        self.changed.extend(changed.cloned());
    }

    /// Prints the figures, and fails if one that must be 0 is not.
    #[track_caller]
    pub fn end(self) {
        let tried: usize = self.statuses.values().sum();
        let Self {
            class,
            statuses,
            panics,
            wrong,
            changed,
        } = self;
        let statuses: Vec<String> = statuses
            .iter()
            .map(|(status, times)| match status {
                Some(status) => format!("{times} x {status}"),
                None => format!("{times} x closed"),
            })
            .collect();
        println!(
            "{class}: {tried} tried, {panics} panics, {} unexpected answers, {} changed links ({})",
            wrong.len(),
            changed.len(),
            statuses.join(", ")
        );
        assert!(tried > 0, "{class}: nothing tried");
        assert!(wrong.is_empty(), "{class}: {wrong:#?}");
        assert!(changed.is_empty(), "{class}: {changed:?}");
        assert_eq!(panics, 0, "{class}");
    }
}

/// How often the component panicked: by its own last words, or by the host's report.
fn panics(app: &TestApp) -> usize {
    let writes = app.host().log_writes();
    let told = |by_host: bool, marks: &[&str]| {
        let of_source = writes
            .iter()
            .filter(|write| by_host == (write.source == LogSource::Host));
        let tells = of_source.filter(|write| marks.iter().any(|mark| write.text.contains(mark)));
        tells.count()
    };
    let lost = told(true, &["instance lost", "wasm trap"]);
    lost.max(told(false, &["panicked at"]))
}
