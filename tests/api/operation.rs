//! Every kind of request that uses the store, and how to see that it was done.

use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
};

/// What can be asked of a store that holds the link `aka` and no link `new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Follow,
    Head,
    Health,
    Read,
    Available,
    List,
    Export,
    Create,
    Generate,
    Update,
    Patch,
    Delete,
    Import,
}

use Operation::{
    Available, Create, Delete, Export, Follow, Generate, Head, Health, Import, List, Patch, Read,
    Update,
};

const NEW_URL: &str = "https://new.example";

impl Operation {
    pub const ALL: [Self; 13] = [
        Follow, Head, Health, Read, Available, List, Export, Create, Generate, Update, Patch,
        Delete, Import,
    ];

    /// The call to the store that does it, and its key; `None` if it changes nothing.
    pub fn deed(self) -> Option<(&'static str, Option<&'static str>)> {
        match self {
            Create | Import => Some(("key-value.set", Some("new"))),
            Generate => Some(("key-value.set", None)),
            Update | Patch => Some(("key-value.set", Some("aka"))),
            Delete => Some(("key-value.delete", Some("aka"))),
            _ => None,
        }
    }

    /// Asks for it. `None` if the answer was broken off.
    pub async fn attempt(self, app: &TestApp) -> Option<Answer> {
        let new = json!({ "short": "new", "url": AKAMAI }).to_string();
        let url = |url: &str| json!({ "url": url }).to_string();
        let request = match self {
            Follow => app.request(Method::GET, "/aka"),
            Head => app.request(Method::HEAD, "/aka"),
            Health => app.request(Method::GET, "/_api/health"),
            Read => app.api(Method::GET, "links/aka"),
            Available => app.api(Method::GET, "links/aka/available"),
            List => app.api(Method::GET, "links"),
            Export => app.api(Method::GET, "export"),
            Create => app.api(Method::POST, "links").json(new),
            Generate => app.api(Method::POST, "links").json(url(NEW_URL)),
            Update => app.api(Method::PUT, "links/aka").json(url(NEW_URL)),
            Patch => app
                .api(Method::PATCH, "links/aka")
                .merge_patch(url(NEW_URL)),
            Delete => app.api(Method::DELETE, "links/aka"),
            Import => app.api(Method::POST, "import").json(new),
        };
        request.try_send().await
    }

    pub async fn run(self, app: &TestApp) -> Answer {
        let answer = self.attempt(app).await;
        answer.unwrap_or_else(|| panic!("{self:?} was broken off"))
    }

    /// Whether it has been done, by what visitors see.
    pub async fn is_done(self, app: &TestApp) -> bool {
        match self {
            Create | Import => app.follow("/new").await.location() == AKAMAI,
            Update | Patch => app.follow("/aka").await.location() == NEW_URL,
            Delete => app.follow("/aka").await.status == 404,
            // Its link has a code that only the answer tells.
            _ => true,
        }
    }

    /// Whether the answer says that it was not done, after a look that it says so as it should.
    #[track_caller]
    pub fn is_refused(self, answer: Option<&Answer>, what: &str) -> bool {
        let Some(answer) = answer else {
            assert_eq!(
                self, Export,
                "only what has begun can be broken off: {what}"
            );
            return true;
        };
        if self == Import && answer.status == 200 {
            let report = answer.json();
            let failed = report["failed"].as_array().expect("a list");
            let is_delayed = |line: &Value| line["line"] == 1 && line["code"] == "unavailable";
            assert!(failed.iter().all(is_delayed), "{what}");
            return !failed.is_empty();
        }
        if answer.status < 400 {
            return false;
        }
        assert_eq!(answer.status, 503, "{what}");
        if self != Health {
            assert_eq!(answer.header("retry-after"), "2", "{what}");
        }
        if ![Follow, Head, Health].contains(&self) {
            assert_eq!(answer.problem(), "unavailable", "{what}");
        }
        true
    }
}
