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
use tokio::{runtime::Builder, task::JoinSet};

use crate::{
    answer::Answer,
    app::{AKAMAI, TOKEN, TestApp, build_shortener, instances_for, reuses_instances},
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
    // Time passes for those who wait only, so that a busy machine makes no write too late.
    let app = TestApp::build(|host| host.file(&file).clock(&VirtualClock::auto())).await;
    fill(&file, links);
    app.put_link("aka").await;
    app
}

async fn all_answered(mut requests: JoinSet<(u16, Answer)>) {
    while let Some(answered) = requests.join_next().await {
        let (status, answer) = answered.expect("no panic");
        assert_eq!(answer.status, status, "{answer:?}");
    }
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

#[tokio::test]
async fn whatever_makes_many_calls_gives_way_to_visitors_now_and_then() {
    let links = 1_000;
    // Time passes for those who wait only.
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    for n in 0..links {
        app.put_link(&code(n)).await;
    }
    let line = |n| json!({ "short": format!("new{n}"), "url": AKAMAI }).to_string();
    let lines: Vec<String> = (0..links).map(line).collect();
    let mut ended = clock.elapsed();
    let mut given = || {
        let began = std::mem::replace(&mut ended, clock.elapsed());
        ended.saturating_sub(began).as_millis()
    };
    assert_eq!(app.rebuild().await.text(), r#"{"adopted":1000}"#);
    // Between 256 codes each.
    assert!(given() >= 3);
    assert_eq!(app.export().await.text().lines().count(), links);
    // Between 128 links each.
    assert!(given() >= 7);
    let imported = app.import(&lines.join("\n")).await;
    assert_eq!(imported.json()["created"], links);
    // Between 64 lines each.
    assert!(given() >= 15);
}

#[test]
fn what_blocks_an_instance_lets_its_writes_end_first() {
    must_end(async {
        let mut met = false;
        while !met {
            let directory = TempDir::new().expect("a directory");
            let app = store_of(10, &directory).await;
            let create = |short: &str| {
                let link = json!({ "short": short, "url": AKAMAI }).to_string();
                app.api(Method::POST, "links").json(link).send()
            };
            let list = || app.api(Method::GET, "links?limit=1").send();
            let write = Gate::closed();
            app.faults()
                .before("key-value.set")
                .key("first")
                .gate(&write);
            let first = tokio::spawn(create("first"));
            write.arrived(1).await;
            let (listed, second) = (list().await, create("second").await);
            // An instance that is busy at the moment leaves a request to another one: then once more.
            met = app.host().stats().instances() == instances_for(3);
            if met && reuses_instances() {
                // Held up for longer, the write could land on another creator's link.
                assert_eq!(listed.problem(), "unavailable");
                assert_eq!(second.problem(), "unavailable");
                let counts = app.host().counts();
                let blocking = ["key-value.get-keys", "atomics.increment"].map(|it| counts.of(it));
                // The number and the claim of the first.
                assert_eq!(blocking, [0, 2]);
            }
            write.open();
            assert_eq!(first.await.expect("no panic").status, 201);
            assert_eq!(list().await.status, 200);
        }
    });
}

/// Requests that have come to the component and are held up there, with the status each is to get.
struct Held {
    managing: JoinSet<(u16, Answer)>,
    visits: JoinSet<(u16, Answer)>,
    gate: Gate,
}

impl Held {
    /// As many as an instance has places for, the lists in front.
    async fn send(app: &TestApp) -> Self {
        // So that each request itself asks for nothing but what its gate is before.
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let gate = Gate::closed();
        for first_call in ["variables.get", "key-value.get"] {
            app.faults().before(first_call).gate(&gate);
        }
        let mut sent = 0;
        let mut send = async |requests: &mut JoinSet<_>, status: u16, request: TestRequest| {
            requests.spawn(async move { (status, request.send().await) });
            sent += 1;
            gate.arrived(sent).await;
        };
        let (mut managing, mut visits) = (JoinSet::new(), JoinSet::new());
        for _ in 0..3 {
            let page = app.api(Method::GET, "links?limit=1000");
            send(&mut managing, 200, page).await;
            send(&mut managing, 200, app.api(Method::GET, "export")).await;
        }
        let new = json!({ "short": "new", "url": AKAMAI }).to_string();
        let create = app.api(Method::POST, "links").json(new);
        send(&mut managing, 201, create).await;
        let goal = json!({ "url": "https://new.example" }).to_string();
        let edit = app.api(Method::PUT, "links/edited").json(goal);
        send(&mut managing, 204, edit).await;
        let delete = app.api(Method::DELETE, "links/deleted");
        send(&mut managing, 204, delete).await;
        for _ in 0..7 {
            let visit = app.request(Method::GET, "/aka");
            send(&mut visits, 301, visit).await;
        }
        assert_eq!(sent, PLACES);
        Self {
            managing,
            visits,
            gate,
        }
    }
}

#[test]
fn on_every_place_of_an_instance_at_once_all_is_served_and_a_visitor_waits_for_one_list_at_most() {
    must_end(async {
        loop {
            let directory = TempDir::new().expect("a directory");
            let app = store_of(20_000, &directory).await;
            for short in ["edited", "deleted"] {
                app.put_claimed_link(short).await;
            }
            let held = Held::send(&app).await;
            // An instance that is busy at the moment leaves a request to another one: then once more.
            let met = app.host().stats().instances() == instances_for(1 + PLACES);
            let second_list = Gate::closed();
            match met {
                true => second_list.admit(1),
                false => second_list.open(),
            }
            // A list that stops here holds up its whole instance, and every visitor who waits in it.
            app.faults().before("key-value.get-keys").gate(&second_list);
            held.gate.open();
            all_answered(held.visits).await;
            second_list.open();
            all_answered(held.managing).await;
            app.follow("/new").await.assert_redirects_to(AKAMAI);
            if met {
                break;
            }
        }
    });
}
