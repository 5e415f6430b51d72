//! `TestApp`: a shortener on a free port of its own, and the verbs of its users.

use std::{path::Path, sync::OnceLock};

use bytes::Bytes;
use embedded_host::{
    App, Counts, Faults, Gate, Host, HostBuilder, LogSource, Manifest, build, build::Wasi,
};
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{answer::Answer, request::TestRequest};

/// What every token in these tests contains, so that a log can be searched for all of them.
pub const TOKEN_MARK: &str = "t0ken";
pub const TOKEN: &str = "t0ken-current-4f1a8b62";
pub const PREVIOUS_TOKEN: &str = "t0ken-previous-93c07d51";

/// A destination whose bytes a URL parser would change.
pub const AKAMAI: &str = "https://akamai.com";

/// The variables that an instance reads before its first redirect.
pub const SETTINGS: u64 = 7;

/// The calls of an instance before its first redirect.
pub const START: [(&str, u64); 2] = [("key-value.open", 1), ("variables.get", SETTINGS)];

/// Which of Spin's interfaces this run tests.
fn wasi() -> Wasi {
    Wasi::of_environment().expect("SHORTENER_WASI names one, or is not set")
}

/// Whether an instance serves many requests, as in WASI 0.3. In WASI 0.2 each request has one of its
/// own, which opens the store and reads the settings anew; nothing else may differ for anybody.
pub fn reuses_instances() -> bool {
    wasi() == Wasi::P3
}

/// How many instances serve so many requests that meet in one if they can.
pub fn instances_for(requests: usize) -> usize {
    match reuses_instances() {
        true => 1,
        false => requests,
    }
}

/// The calls of a request in an instance that is running already; where there is no such instance,
/// together with those of its `start`.
pub fn calls<const N: usize>(
    request: [(&'static str, u64); N],
    start: &[(&'static str, u64)],
) -> Vec<(&'static str, u64)> {
    let mut calls = request.to_vec();
    if !reuses_instances() {
        calls.extend_from_slice(start);
        calls.sort_unstable();
    }
    calls
}

/// The components on the engine, built once per process.
fn shortener() -> &'static App {
    static APP: OnceLock<App> = OnceLock::new();
    APP.get_or_init(|| {
        let shortener = build::shortener(wasi()).expect("the component builds");
        let admin = build::admin().expect("the admin page builds");
        let app = App::load(shortener).expect("the component loads");
        app.and("admin", admin).expect("the admin page loads")
    })
}

/// Builds the components, unless they are built: for tests that must end in time.
pub fn build_shortener() {
    shortener();
}

/// Another package's component on the same engine settings.
pub fn load(package: &str) -> App {
    let wasm = build::component(package).expect("the component builds");
    App::load(wasm).expect("the component loads")
}

/// The repository's own manifest: what is tested is what is deployed.
pub fn manifest() -> Manifest {
    Manifest::load(wasi().manifest()).expect("a manifest")
}

/// A running shortener. Says at its end whether its log was as it must always be.
pub struct TestApp {
    host: Option<Host>,
    loses_instances: bool,
}

impl TestApp {
    /// With an empty store in memory and the manifest's defaults.
    pub async fn start() -> Self {
        Self::with([]).await
    }

    /// The same with these variables.
    pub async fn with<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self::build(|host| {
            let set = |host: HostBuilder, (name, value)| host.variable(name, value);
            variables.into_iter().fold(host, set)
        })
        .await
    }

    /// On this SQLite file.
    pub async fn on(file: &Path) -> Self {
        Self::build(|host| host.file(file)).await
    }

    /// With whatever else the host can be told. The admin token is set already.
    pub async fn build(configure: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let host = Host::builder(shortener(), &manifest()).variable("admin_token", TOKEN);
        let host = configure(host).start().await.expect("the host starts");
        Self {
            host: Some(host),
            loses_instances: false,
        }
    }

    /// For tests that kill instances.
    pub fn expect_lost_instances(&mut self) {
        self.loses_instances = true;
    }

    pub fn host(&self) -> &Host {
        self.host.as_ref().expect("not stopped")
    }

    pub fn faults(&self) -> &Faults {
        self.host().faults()
    }

    /// Ends it as SIGTERM does.
    pub async fn stop(mut self) {
        self.check_log();
        let host = self.host.take().expect("not stopped");
        host.shutdown().await;
    }

    /// Puts a record into the store behind the component's back.
    pub async fn put_record(&self, short: &str, record: impl AsRef<[u8]>) {
        let stored = self.host().store().set(short, record).await;
        stored.expect("the store takes it");
    }

    /// Stores a link that leads to [`AKAMAI`].
    pub async fn put_link(&self, short: &str) {
        let record = json!({ "short": short, "url": AKAMAI });
        self.put_record(short, record.to_string()).await;
    }

    /// The same as a create leaves it that has taken the code's claim.
    pub async fn put_claimed_link(&self, short: &str) {
        let record = json!({ "short": short, "url": AKAMAI, "id": "an-id", "claimed": true });
        self.put_record(short, record.to_string()).await;
    }

    // What visitors do.

    pub async fn follow(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    // What holders of the admin token do.

    pub async fn create(&self, link: &Value) -> Answer {
        self.post(link.to_string()).await
    }

    /// A create with any body.
    pub async fn post(&self, body: impl Into<Bytes>) -> Answer {
        self.api(Method::POST, "links").json(body).send().await
    }

    pub async fn get_link(&self, short: &str) -> Answer {
        let path = format!("links/{short}");
        self.api(Method::GET, &path).send().await
    }

    pub async fn available(&self, short: &str) -> Answer {
        let path = format!("links/{short}/available");
        self.api(Method::GET, &path).send().await
    }

    // What operators do.

    pub async fn health(&self) -> Answer {
        self.request(Method::GET, "/_api/health").send().await
    }

    /// The calls to the host that `work` caused.
    pub async fn count(&self, work: impl Future) -> Vec<(&'static str, u64)> {
        self.host().reset_counts();
        work.await;
        let Counts(counts) = self.host().counts();
        counts.into_iter().collect()
    }

    /// The events logged so far.
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str(line).expect("an event is JSON");
        self.host().logs().iter().map(parse).collect()
    }

    /// The events logged so far with this text.
    pub fn events_named(&self, name: &str) -> Vec<Value> {
        let events = self.events().into_iter();
        events.filter(|event| event["event"] == name).collect()
    }

    /// Requests that reached the component so far.
    pub fn requests(&self) -> usize {
        usize::try_from(self.host().stats().requests).expect("not that many")
    }

    /// That one instance has served all requests so far, or each had its own if none is reused.
    #[track_caller]
    pub fn assert_one_instance(&self) {
        let instances = self.host().stats().instances();
        assert_eq!(instances, instances_for(self.requests()));
    }

    /// Keeps the instance that serves now in service: an idle one may be dropped at any moment.
    /// One of the 16 requests it takes at once is spoken for until the answer. Where instances are
    /// not reused, there is nothing to keep.
    pub async fn keep_instance(&self) -> KeptInstance {
        const KEY: &str = "kept-instance";
        if !reuses_instances() {
            return KeptInstance(None);
        }
        let gate = Gate::closed();
        self.faults().before("key-value.get").key(KEY).gate(&gate);
        let request = self.request(Method::GET, &format!("/{KEY}"));
        let waiting = tokio::spawn(request.send());
        gate.arrived(1).await;
        KeptInstance(Some((gate, waiting)))
    }

    // Any other request.

    /// A request under `/_api/` with the admin token.
    pub fn api(&self, method: Method, path: &str) -> TestRequest {
        self.api_by(TOKEN, method, path)
    }

    /// The same with this token or key.
    pub fn api_by(&self, key: &str, method: Method, path: &str) -> TestRequest {
        let request = self.request(method, &format!("/_api/{path}"));
        request.header("authorization", &format!("Bearer {key}"))
    }

    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::to_the_shortener(self.host().addr(), method, path)
    }

    /// What must hold of every log, whatever happened: each write is one event on one line, no
    /// token is in it, and no instance was lost.
    fn check_log(&self) {
        for write in self.host().log_writes() {
            let text = write.text.as_str();
            assert!(!text.contains(TOKEN_MARK), "a token was logged: {text}");
            if write.source == LogSource::Host {
                let lost = text.contains("instance lost");
                assert!(self.loses_instances || !lost, "{text}");
                continue;
            }
            let line = text.strip_suffix('\n').expect("a line");
            assert!(!line.contains('\n'), "two lines in one write: {text}");
            let event: Value = serde_json::from_str(line).expect("an event is JSON");
            for key in ["time", "level", "event"] {
                assert!(event[key].is_string(), "no {key}: {text}");
            }
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if self.host.is_some() && !std::thread::panicking() {
            self.check_log();
        }
    }
}

/// See [`TestApp::keep_instance`].
pub struct KeptInstance(Option<(Gate, JoinHandle<Answer>)>);

impl KeptInstance {
    pub async fn release(self) {
        if let Some((gate, waiting)) = self.0 {
            gate.open();
            let answer = waiting.await.expect("no panic");
            assert_eq!(answer.status, 404);
        }
    }
}
