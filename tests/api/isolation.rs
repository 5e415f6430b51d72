//! A list or an export locks nobody out but for its one scan of the keys, and its reader keeps nobody waiting at all.
//!
//! Spin's SQLite store is one connection behind a mutex for which a call blocks the task of its instance. Whatever
//! holds that mutex while the instance has to go on locks the shortener up for good, so each test here ends in
//! time or is reported as a hang.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use embedded_host::{Gate, VirtualClock};
use http::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    runtime::Builder,
    task::{JoinSet, yield_now},
};

use crate::{
    app::{AKAMAI, TOKEN, TestApp, build_shortener, instances_for},
    figures::{code, fill},
    request::TestRequest,
};

/// When a test counts as hung: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Requests that an instance serves at once.
const PLACES: usize = 16;

/// Runs `work` on a runtime of its own. One that hangs is left to itself: it could not even be dropped.
fn must_end(work: impl Future<Output = ()> + Send + 'static) {
    build_shortener();
    let (ended, end) = channel();
    thread::spawn(move || {
        let runtime = Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work);
        let _ = ended.send(());
    });
    match end.recv_timeout(PATIENCE) {
        Ok(()) => (),
        Err(RecvTimeoutError::Timeout) => panic!("hung: requests wait for each other for good"),
        Err(RecvTimeoutError::Disconnected) => panic!("failed, as told above"),
    }
}

async fn store_of(links: usize, directory: &TempDir) -> TestApp {
    let file = directory.path().join("links.db");
    // Time stands still, so that a busy machine makes no write too late.
    let app = TestApp::build(|host| host.file(&file).clock(&VirtualClock::new())).await;
    fill(&file, links);
    app.put_link("aka").await;
    app
}

#[test]
fn a_list_and_the_redirects_beside_it_do_not_wait_for_each_other() {
    must_end(async {
        let directory = TempDir::new().expect("a directory");
        let app = store_of(1_000, &directory).await;
        for _ in 0..20 {
            let mut visits = JoinSet::new();
            for _ in 1..PLACES {
                visits.spawn(app.request(Method::GET, "/aka").send());
            }
            let page = app.api(Method::GET, "links").send().await;
            assert_eq!(page.status, 200);
            while let Some(visited) = visits.join_next().await {
                visited.expect("no panic").assert_redirects_to(AKAMAI);
            }
        }
    });
}

#[test]
fn a_reader_of_an_export_that_stops_reading_delays_nobody() {
    must_end(async {
        let app = TestApp::start().await;
        app.put_link("aka").await;
        // More than the buffers between the component and the client hold.
        let links = 10_000;
        let url = format!("https://a.example/{}", "x".repeat(2_000));
        for n in 0..links {
            let record = json!({ "short": code(n), "url": url }).to_string();
            app.put_record(&code(n), record).await;
        }
        let mut reader = app.connect().await;
        reader
            .send(format!(
                "GET /_api/export HTTP/1.1\r\nhost: sho.rt\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
            ))
            .await;
        let head = reader.read_head().await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");

        // The reader reads no further until all of these have been served.
        let mut served = 0;
        for n in 0..2 * PLACES {
            app.follow("/aka").await.assert_redirects_to(AKAMAI);
            let new = json!({ "short": format!("new{n}"), "url": AKAMAI });
            assert_eq!(app.create(&new).await.status, 201);
            let page = app.api(Method::GET, "links?limit=1").send().await;
            assert_eq!(page.status, 200);
            served += 3;
        }
        assert_eq!(served, 6 * PLACES);

        let exported = reader.read_what_comes().await;
        assert_eq!(exported.matches(&url).count(), links);
    });
}

#[test]
fn all_operations_at_once_on_every_place_of_an_instance_are_served() {
    must_end(async {
        let directory = TempDir::new().expect("a directory");
        let app = store_of(20_000, &directory).await;
        for short in ["edited", "deleted"] {
            app.put_claimed_link(short).await;
        }
        // All wait in one instance for its settings, and go on together.
        let gate = Gate::closed();
        app.faults().before("variables.get").gate(&gate);
        let mut requests = JoinSet::new();
        let mut send = async |status: u16, request: TestRequest| {
            let arrived = app.requests() + 1;
            requests.spawn(async move { (status, request.send().await) });
            while app.requests() < arrived {
                yield_now().await;
            }
        };
        let new = json!({ "short": "new", "url": AKAMAI }).to_string();
        let goal = json!({ "url": "https://new.example" }).to_string();
        send(201, app.api(Method::POST, "links").json(new)).await;
        send(204, app.api(Method::PUT, "links/edited").json(goal)).await;
        send(204, app.api(Method::DELETE, "links/deleted")).await;
        for _ in 0..3 {
            send(200, app.api(Method::GET, "links?limit=1000")).await;
            send(200, app.api(Method::GET, "export")).await;
        }
        for _ in 0..7 {
            send(301, app.request(Method::GET, "/aka")).await;
        }
        assert_eq!(app.requests(), PLACES);
        gate.open();
        while let Some(answered) = requests.join_next().await {
            let (status, answer) = answered.expect("no panic");
            assert_eq!(answer.status, status, "{answer:?}");
        }
        // One that is busy when a request comes may leave it to another.
        let instances = app.host().stats().instances();
        assert!(
            instances <= instances_for(PLACES).max(PLACES / 2),
            "{instances}"
        );
        app.follow("/new").await.assert_redirects_to(AKAMAI);
    });
}
