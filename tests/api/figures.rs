//! What managing many links costs, measured on demand. docs/performance.md has the figures and says on
//! what they were taken; the goals it names are asserted here, all of which are ratios or memory.
//!
//! `cargo test --test api figures -- --ignored --nocapture --test-threads 1`

use std::{
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use embedded_host::{Host, Store};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, params};
use tokio::net::TcpStream;

use crate::{
    app::{AKAMAI, TOKEN, TestApp},
    many::assert_memory,
    request::TestRequest,
    transfer::report,
};

const MILLION: usize = 1_000_000;
const EXPORTED: usize = 100_000;

/// What a body of an import may have, less a line; `split -C 1000k` cuts so.
const CHUNK: usize = 1000 * 1024;

/// The code of the `n`th link: no two alike, in no order.
pub fn code(n: usize) -> String {
    // An odd factor permutes the numbers below a power of two.
    format!("{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

fn record(n: usize) -> String {
    let code = code(n);
    let created = "2026-01-01T00:00:00Z";
    format!(r#"{{"short":"{code}","url":"{AKAMAI}/{n}","id":"{n:016}","created_at":"{created}"}}"#)
}

/// Writes the links into Spin's SQLite file, faster than through the component.
pub fn fill(file: &Path, links: usize) {
    insert(file, (0..links).map(|n| (code(n), record(n).into_bytes())));
}

/// The same as a create leaves each of them: with a number, its entry, and a claim.
fn fill_created(file: &Path, links: usize) {
    let number = |n: usize| n + 1;
    let record = |n| {
        let record = record(n).replacen('{', &format!(r#"{{"catalog":{},"#, number(n)), 1);
        (code(n), record.into_bytes())
    };
    let entry = |n| (format!("catalog:{}", number(n)), code(n).into_bytes());
    let claim = |n| (format!("claim:{}", code(n)), 1_u64.to_le_bytes().to_vec());
    insert(file, (0..links).map(record));
    insert(file, (0..links).map(entry));
    insert(file, (0..links).map(claim));
    let counter = ("catalog:new".to_owned(), links.to_le_bytes().to_vec());
    let state = br#"{"generation":1,"count":0}"#.to_vec();
    insert(
        file,
        [counter, ("catalog:state".to_owned(), state)].into_iter(),
    );
}

fn insert(file: &Path, pairs: impl Iterator<Item = (String, Vec<u8>)>) {
    let mut database = Connection::open(file).expect("a database");
    let transaction = database.transaction().expect("a transaction");
    {
        let insert = "INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)";
        let mut insert = transaction.prepare(insert).expect("a statement");
        for (key, value) in pairs {
            insert.execute(params![key, value]).expect("a new row");
        }
    }
    transaction.commit().expect("committed");
}

/// One kept-alive connection, as a benchmark's client has.
struct Client(http1::SendRequest<Full<Bytes>>);

impl Client {
    async fn connect(host: &Host) -> Self {
        let stream = TcpStream::connect(host.addr()).await;
        let stream = TokioIo::new(stream.expect("a connection"));
        let (client, connection) = http1::handshake(stream).await.expect("HTTP");
        tokio::spawn(connection);
        Self(client)
    }

    /// How long a GET took that answered `status`.
    async fn get(&mut self, path: &str, status: u16) -> Duration {
        let request = Request::get(path)
            .header(header::HOST, "a.example")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .body(Full::default())
            .expect("a request");
        self.0.ready().await.expect("kept alive");
        let asked = Instant::now();
        let answer = self.0.send_request(request).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), status, "{path}");
        answer.into_body().collect().await.expect("a whole body");
        asked.elapsed()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// How long `work` takes, and how long the slowest of the redirects did that went on beside it.
async fn beside_redirects(
    app: &TestApp,
    work: impl Future<Output = Duration>,
) -> (Duration, Duration) {
    let mut visitor = Client::connect(app.host()).await;
    let path = format!("/{}", code(0));
    let mut work = std::pin::pin!(work);
    let mut slowest = Duration::ZERO;
    loop {
        let visit = visitor.get(&path, 301);
        let mut visit = std::pin::pin!(visit);
        tokio::select! {
            took = &mut work => return (took, slowest.max(visit.await)),
            took = &mut visit => slowest = slowest.max(took),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn figures_of_lists_and_exports_by_the_number_of_links() {
    for links in [1_000, 100_000, MILLION] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("links.db");
        let app = TestApp::on(&file).await;
        fill_created(&file, links);
        let asked = Instant::now();
        let keys = app.host().store().keys().await.expect("the keys").len();
        println!("{links} links, {keys} keys: a scan {:?}", asked.elapsed());
        let mut client = Client::connect(app.host()).await;
        let mut pages = Vec::new();
        for _ in 0..200 {
            pages.push(client.get("/_api/links", 200).await);
        }
        let page = median(pages);
        println!("{links} links: the newest 100 in {page:?}");
        assert_memory(&app, 0, &format!("pages of {links} links"));
        let mut pages = Vec::new();
        let mut late = Duration::ZERO;
        for _ in 0..5 {
            let page = client.get("/_api/links?order=code", 200);
            let (page, slowest) = beside_redirects(&app, page).await;
            pages.push(page);
            late = late.max(slowest);
        }
        let page = median(pages);
        println!("{links} links: 100 by code in {page:?}, a redirect beside it at most {late:?}");
        assert_memory(&app, links, &format!("pages by code of {links} links"));
        let (export, late) = beside_redirects(&app, client.get("/_api/export", 200)).await;
        println!("{links} links: an export {export:?}, a redirect beside it at most {late:?}");
        assert_memory(&app, links, &format!("an export of {links} links"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn figures_of_an_adoption() {
    for links in [1_000, 100_000, MILLION] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("links.db");
        let app = TestApp::on(&file).await;
        fill(&file, links);
        let mut client = Client::connect(app.host()).await;
        let (took, late) = beside_redirects(&app, client.get("/_api/links", 200)).await;
        println!("{links} links: the first list {took:?}, a redirect beside it at most {late:?}");
        let writes = app.host().counts().of("key-value.set");
        println!("{writes} writes");
        assert_memory(&app, links, &format!("an adoption of {links} links"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn figures_of_a_redirect_among_a_million_links() {
    const BLOCKS: usize = 40;
    const REDIRECTS: usize = 100;
    let directory = tempfile::tempdir().expect("a directory");
    let mut sides = Vec::new();
    for links in [1, MILLION] {
        let file = directory.path().join(format!("{links}.db"));
        let app = TestApp::on(&file).await;
        fill(&file, links);
        let client = Client::connect(app.host()).await;
        sides.push((app, client, links, Vec::new()));
    }
    // Taking turns, so that what else the machine does weighs on both alike.
    for block in 0..BLOCKS {
        for (_, client, links, times) in &mut sides {
            for n in 0..REDIRECTS {
                let n = (block * REDIRECTS + n).wrapping_mul(7_368_787) % *links;
                times.push(client.get(&format!("/{}", code(n)), 301).await);
            }
        }
    }
    let medians: Vec<_> = sides
        .iter()
        .map(|(app, _, links, times)| {
            let time = median(times.clone());
            println!("{links} links: {time:?} a redirect");
            assert_memory(app, 0, &format!("redirects among {links} links"));
            time
        })
        .collect();
    let times = ratio(medians[1], medians[0]);
    println!("{times:.3} x the cost with one link");
    assert!(times <= 1.1, "{times:.3} x the cost with one link");
}

/// A POST with the admin token and lines of links.
async fn import(app: &TestApp, lines: &str) -> (u64, u64) {
    let request = TestRequest::new(app.host().addr(), Method::POST, "/_api/import")
        .header("authorization", &format!("Bearer {TOKEN}"))
        .header("content-type", "application/x-ndjson");
    report(&request.body(lines.to_owned()).send_unchecked().await)
}

async fn export(app: &TestApp) -> Bytes {
    let request = TestRequest::new(app.host().addr(), Method::GET, "/_api/export");
    let request = request.header("authorization", &format!("Bearer {TOKEN}"));
    request.send_unchecked().await.body
}

/// Whole lines of at most [`CHUNK`] bytes together.
fn chunks(lines: &str) -> Vec<String> {
    let mut chunks = vec![String::new()];
    for line in lines.split_inclusive('\n') {
        let full = chunks
            .last()
            .is_some_and(|chunk| chunk.len() + line.len() > CHUNK);
        if full {
            chunks.push(String::new());
        }
        chunks.last_mut().expect("never empty").push_str(line);
    }
    chunks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn figures_of_an_export_and_its_import() {
    let app = TestApp::start().await;
    let store: Store = app.host().store();
    for n in 0..EXPORTED {
        store.set(&code(n), record(n)).await.expect("stored");
    }
    let asked = Instant::now();
    let exported = export(&app).await;
    let exported = String::from_utf8(exported.to_vec()).expect("UTF-8");
    println!(
        "export of {EXPORTED} links: {:?}, {} bytes",
        asked.elapsed(),
        exported.len()
    );
    assert_memory(&app, EXPORTED, "the export");
    assert_eq!(exported.lines().count(), EXPORTED);

    // A store of its own is as wiped as can be.
    let restored = TestApp::start().await;
    let chunks = chunks(&exported);
    let took = import_all(&restored, &chunks, EXPORTED).await;
    println!("import in {} chunks: {took:?}", chunks.len());
    assert_memory(&restored, 0, "the import");
    assert!(
        export(&restored).await == exported.as_bytes(),
        "not byte-identical"
    );
    println!("exported again: byte-identical");

    let visited = TestApp::start().await;
    visited.put_record(&code(0), record(0)).await;
    let importing = import_all(&visited, &chunks, EXPORTED - 1);
    let (took, late) = beside_redirects(&visited, importing).await;
    println!("import beside redirects: {took:?}, a redirect at most {late:?}");
}

/// How long an import of all `chunks` takes that creates so many links.
async fn import_all(app: &TestApp, chunks: &[String], links: usize) -> Duration {
    let asked = Instant::now();
    let mut created = 0;
    for chunk in chunks {
        created += import(app, chunk).await.0;
    }
    let took = asked.elapsed();
    assert_eq!(created, links as u64);
    took
}
