//! Every request of the document, in every situation that the document tells apart.

use std::collections::BTreeSet;

use embedded_host::VirtualClock;
use http::Method;
use serde_json::Value;

use super::{
    document::Part,
    route::{Route, routes},
};
use crate::{
    app::{TOKEN, TestApp},
    request::TestRequest,
};

/// A request that the document's examples make up.
struct Sample {
    route: &'static Route,
    method: Method,
    path: String,
    /// Its media type and its text.
    body: Option<(String, String)>,
}

/// What the service finds, and how the requests it gets differ from the samples.
#[derive(Clone, Copy, Default)]
struct Situation {
    variable: Option<(&'static str, &'static str)>,
    /// The record of the example's code.
    record: Option<&'static str>,
    /// The calls to the host that fail, and the key of those that do.
    failing: Option<(&'static str, Option<&'static str>)>,
    change: Option<Change>,
}

#[derive(Clone, Copy)]
enum Change {
    NoToken,
    /// With this key of [`KEYS`] in place of the admin token.
    Key(&'static str),
    Header(&'static str, &'static str),
    /// With an `Idempotency-Key` that has come with another body.
    UsedKey,
    /// As a browser asks beforehand, in place of a method that is not listed.
    Preflight,
    Query(&'static str),
    /// So many characters that are percent-encoded where they are passed on.
    QueryOf(usize),
    /// Instead of the example's code.
    Code(&'static str),
    MediaType(&'static str),
    Body(&'static str),
    BodyOf(usize),
}

const READER: &str = "t0ken-reads-1c5a7f20";
const DELETER: &str = "t0ken-deletes-7be5d8";
const KEYS: &str = "reader:read:t0ken-reads-1c5a7f20,deleter:delete:t0ken-deletes-7be5d8";

const USED_KEY: &str = "8e03978e";

const LINK: &str = r#"{"short":"akamai","url":"https://akamai.com","pass_on":["query","path"]}"#;
const ENDED: &str = r#"{"short":"akamai","url":"https://akamai.com","pass_on":["query","path"],"expires_at":"2020-01-01T00:00:00Z"}"#;

fn situations() -> Vec<Situation> {
    let usual = Situation::default();
    let stored = Situation {
        record: Some(LINK),
        ..usual
    };
    let record = |record| Situation { record, ..usual };
    let variable = |name, value| Situation {
        variable: Some((name, value)),
        ..stored
    };
    let failing = |call, key| Situation {
        failing: Some((call, key)),
        ..stored
    };
    let change = |change| Situation {
        change: Some(change),
        ..stored
    };
    vec![
        record(None),
        record(Some(LINK)),
        record(Some(ENDED)),
        record(Some("not JSON")),
        variable("redirect_status", "302"),
        variable("redirect_status", "307"),
        variable("redirect_status", "308"),
        variable("root_url", "https://akamai.com"),
        variable("base_url", "https://sho.rt"),
        variable("claims", "exact"),
        variable("claims", "optimistic"),
        failing("*", None),
        failing("variables.get", Some("admin_token")),
        variable("clicks", "daily"),
        Situation {
            record: None,
            ..variable("clicks", "daily")
        },
        Situation {
            record: Some("not JSON"),
            ..variable("clicks", "daily")
        },
        change(Change::NoToken),
        Situation {
            change: Some(Change::Key(READER)),
            ..variable("api_keys", KEYS)
        },
        Situation {
            change: Some(Change::Key(DELETER)),
            ..variable("api_keys", KEYS)
        },
        Situation {
            change: Some(Change::Preflight),
            ..variable("cors_origins", "https://app.example")
        },
        change(Change::Header("if-match", "\"x\"")),
        change(Change::Header("if-match", "x")),
        change(Change::Header("if-none-match", "*")),
        Situation {
            record: None,
            ..change(Change::UsedKey)
        },
        change(Change::Query("limit=1")),
        change(Change::Query("order=code&limit=1")),
        change(Change::Query("limit=0")),
        change(Change::Query("page=2")),
        change(Change::Query("to=today")),
        change(Change::Code("robots.txt")),
        change(Change::MediaType("text/plain")),
        change(Change::Body("[")),
        change(Change::Body("{}")),
        change(Change::Body(r#"{"id":1}"#)),
        change(Change::BodyOf(1024 * 1024 + 1)),
        change(Change::QueryOf(30_000)),
    ]
}

/// All that the document says can happen: each answer of each route with each code, and with each
/// header.
pub fn documented() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for route in routes() {
        for (status, answer) in route.answers.entries() {
            let answered = format!("{} {status}", route.name);
            let content = answer.entries_of("content").into_iter();
            let codes = content.filter_map(|(_, media_type)| codes(&media_type.get("schema")?));
            let codes = codes.reduce(|codes, more| &codes | &more);
            // The answer to HEAD has no body to tell a code.
            let codes = codes.filter(|_| !route.is_head());
            let codes = codes.unwrap_or_else(|| [String::new()].into());
            all.extend(codes.iter().map(|code| format!("{answered} {code}")));
            let headers = answer.entries_of("headers").into_iter();
            all.extend(headers.map(|(name, _)| with_header(&answered, &name)));
        }
    }
    all
}

fn with_header(answered: &str, name: &str) -> String {
    format!("{answered} with the header {}", name.to_lowercase())
}

/// The values that a schema leaves to the member `code`; `None` if it says nothing of it.
fn codes(schema: &Part) -> Option<BTreeSet<String>> {
    let code = schema.get("properties").and_then(|all| all.get("code"));
    let listed = code.and_then(|code| {
        let one = code.text("const").map(|code| [code.to_owned()].into());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let some = || {
            Some(
                code.value
                    .get("enum")?
                    .as_array()?
                    .iter()
                    .filter_map(text)
                    .collect(),
            )
        };
        one.or_else(some)
    });
    let of_each = |key| {
        let parts = schema.entries_of(key).into_iter();
        parts.filter_map(|(_, part)| codes(&part))
    };
    let all = of_each("allOf").chain(listed).reduce(|a, b| &a & &b);
    let any = of_each("oneOf").reduce(|a, b| &a | &b);
    all.into_iter().chain(any).reduce(|a, b| &a & &b)
}

/// All that happens.
pub async fn met() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for situation in situations() {
        let app = situation.app().await;
        for sample in samples() {
            situation.prepare(&app).await;
            let Some(request) = situation.request(&app, &sample) else {
                continue;
            };
            let (answer, case) = request.send_as_case().await.expect("a whole answer");
            let case = case.expect("an answer of the service");
            let answered = format!("{} {}", case.route, case.status);
            all.insert(format!("{answered} {}", case.code));
            let headers = answer.headers.keys();
            all.extend(headers.map(|name| with_header(&answered, name.as_str())));
        }
    }
    all
}

/// The requests of the document's examples with a body, and whether all of it was accepted: where
/// the code is free, or where there is a link to replace.
pub async fn examples_accepted() -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let free = Situation::default();
    let app = free.app().await;
    for sample in samples().iter().filter(|sample| sample.body.is_some()) {
        let mut is_accepted = false;
        for record in [None, Some(LINK)] {
            reset(&app, record).await;
            let request = free.request(&app, sample).expect("nothing is changed");
            let answer = request.send().await;
            let refused = answer.text().contains("\"failed\":[{");
            is_accepted |= answer.status < 300 && !refused;
        }
        let (_, text) = sample.body.clone().unwrap_or_default();
        found.push((format!("{}: {text}", sample.route.name), is_accepted));
    }
    found
}

impl Situation {
    async fn app(&self) -> TestApp {
        // What the examples say of the future must not depend on the day.
        let clock = VirtualClock::auto();
        let variable = self.variable.into_iter();
        TestApp::build(|host| {
            let host = host.clock(&clock);
            variable.fold(host, |host, (name, value)| host.variable(name, value))
        })
        .await
    }

    async fn prepare(&self, app: &TestApp) {
        app.faults().clear();
        reset(app, self.record).await;
        if let Some(Change::UsedKey) = self.change {
            let request = app.api(Method::POST, "links");
            let request = request.header("idempotency-key", USED_KEY);
            request
                .json(r#"{"url":"https://first.example"}"#)
                .send()
                .await;
        }
        if let Some((call, key)) = self.failing {
            let place = app.faults().before(call);
            match key {
                Some(key) => place.key(key).fail("down"),
                None => place.fail("down"),
            }
        }
    }

    /// `None` if the sample has no body to be changed.
    fn request(&self, app: &TestApp, sample: &Sample) -> Option<TestRequest> {
        let mut method = sample.method.clone();
        let mut fields = Vec::new();
        let mut path = sample.path.clone();
        let mut body = sample.body.clone();
        let mut token = Some(TOKEN);
        match self.change {
            None => {}
            Some(Change::NoToken) => token = None,
            Some(Change::Key(key)) => token = Some(key),
            Some(Change::Header(name, value)) => fields.push((name, value)),
            Some(Change::UsedKey) => fields.push(("idempotency-key", USED_KEY)),
            Some(Change::Preflight) => {
                if method == Method::TRACE {
                    method = Method::OPTIONS;
                }
                fields.push(("origin", "https://app.example"));
                fields.push(("access-control-request-method", "PUT"));
            }
            Some(Change::Query(query)) => path = format!("{path}?{query}"),
            Some(Change::QueryOf(length)) => path = format!("{path}?{}", "|".repeat(length)),
            Some(Change::Code(code)) => path = path.replace(example_code(), code),
            Some(Change::MediaType(media_type)) => body.as_mut()?.0 = media_type.to_owned(),
            Some(Change::Body(text)) => body.as_mut()?.1 = text.to_owned(),
            Some(Change::BodyOf(length)) => body.as_mut()?.1 = " ".repeat(length),
        }
        let request = request(app, &method, &path, body, token);
        let with = |request: TestRequest, (name, value)| request.header(name, value);
        Some(fields.into_iter().fold(request, with))
    }
}

/// Leaves nothing in the store but `record`, under the example's code, and a link that comes after it.
async fn reset(app: &TestApp, record: Option<&str>) {
    let store = app.host().store();
    for key in store.keys().await.expect("the keys") {
        store.delete(&key).await.expect("deleted");
    }
    app.put_link("other").await;
    if let Some(record) = record {
        app.put_record(example_code(), record).await;
    }
}

fn request(
    app: &TestApp,
    method: &Method,
    path: &str,
    body: Option<(String, String)>,
    token: Option<&str>,
) -> TestRequest {
    let mut request = app.request(method.clone(), path);
    if let Some(token) = token {
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    match body {
        Some((media_type, text)) => request.header("content-type", &media_type).body(text),
        None => request,
    }
}

/// The code in the examples of paths.
fn example_code() -> &'static str {
    let components = Part::root().get("components").expect("components");
    let parameters = components.get("parameters").expect("parameters");
    let short = parameters.get("Short").expect("the code of a path");
    short.text("example").expect("an example")
}

/// One for every route and every example of its body.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for route in routes() {
        let (method, path) = route.example();
        let mut add = |method: &Method, body| {
            samples.push(Sample {
                route,
                method: method.clone(),
                path: path.clone(),
                body,
            });
        };
        let bodies = bodies(route);
        if bodies.is_empty() {
            add(&method, None);
        }
        for body in bodies {
            add(&method, Some(body));
        }
        if route.allowed.is_empty() {
            add(&Method::GET, None);
        }
    }
    samples
}

/// The examples of its body, with their media types.
fn bodies(route: &Route) -> Vec<(String, String)> {
    let operation = route.operation.as_ref();
    let body = operation.and_then(|operation| operation.part.get("requestBody"));
    let content = body.map_or_else(Vec::new, |body| body.entries_of("content"));
    let text = |example: &Value| match example.as_str() {
        Some(lines) => lines.to_owned(),
        None => example.to_string(),
    };
    let mut bodies = Vec::new();
    for (name, media_type) in content {
        let examples = media_type.examples().into_iter();
        bodies.extend(examples.map(|(_, example)| (name.clone(), text(example))));
    }
    bodies
}
