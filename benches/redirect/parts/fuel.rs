//! What does not depend on the machine: fuel (instructions of wasm), calls to the host, bytes.

use std::time::Duration;

use embedded_host::{App, Gate};
use http::Method;

use crate::{
    ask::{self, Question},
    client::Client,
    goal::Goal,
    report::{Section, Table},
    samples::{count, number},
    served::Served,
    subject::{FLOOR, SHORTENER, Subject},
};

/// Requests to take the mean of: within the life of an instance, which is 128.
const REQUESTS: u64 = 100;

const EXPLANATION: &str = "\
Fuel is what wasmtime counts: about one for each instruction. The instances of url-shortener and floor are warm; \
tutorial has a new one for every request, whose start is in its fuel. *First* is the first request of an instance, \
*later* every other one.\n\n";

/// What one component costs. Calls are calls to its host.
struct Cost {
    fuel: f64,
    first_calls: u64,
    calls: f64,
    bytes: usize,
}

/// What is asked, and the status it is refused with.
type Refusal = (&'static str, fn() -> Question, u16);

pub async fn run() -> Section {
    let subjects = Subject::all();
    let mut costs = Vec::new();
    for subject in &subjects {
        costs.push(cost(subject).await);
    }
    let floor = costs[FLOOR].fuel;
    let mut table = Table::new([
        "component",
        "fuel a redirect",
        "× floor",
        "host calls, first",
        "host calls, later",
        ".wasm bytes",
        "× floor",
    ]);
    for (subject, cost) in subjects.iter().zip(&costs) {
        table.row(vec![
            subject.name.to_owned(),
            number(cost.fuel),
            number(cost.fuel / floor),
            cost.first_calls.to_string(),
            cost.calls.to_string(),
            count(cost.bytes),
            number(cost.bytes as f64 / costs[FLOOR].bytes as f64),
        ]);
    }
    let own = &costs[SHORTENER];
    let refusals = refusals(&subjects[SHORTENER], own.fuel).await;
    Section {
        title: "Fuel, host calls, size",
        text: format!("{EXPLANATION}{table}\n{refusals}"),
        goals: vec![
            Goal::at_most("fuel a redirect, × floor", 1.0, own.fuel / floor),
            Goal::at_most("host calls a redirect, warm", 1.0, own.calls),
        ],
    }
}

async fn cost(subject: &Subject) -> Cost {
    let app = subject.metered();
    let redirect = || ask::visit(Method::GET, &ask::follow(0));
    let cold = Served::start(&app, 1).await;
    let mut client = Client::connect(cold.host.addr()).await;
    client.ask(redirect(), 301).await;
    let (fuel, calls) = warm(&app, redirect, 301).await;
    Cost {
        fuel,
        first_calls: cold.host.counts().total(),
        calls,
        bytes: subject.bytes(),
    }
}

/// The table of what this shortener refuses, and the fuel of each.
async fn refusals(subject: &Subject, redirect: f64) -> Table {
    let app = subject.metered();
    let unknown = || ask::visit(Method::GET, "/unknown");
    let invalid = || ask::visit(Method::GET, "/a%20b");
    let post = || ask::visit(Method::POST, "/unknown");
    let api = || ask::visit(Method::GET, "/_api/links/unknown");
    let intruder = || ask::intrude("/_api/links/unknown");
    let refusals: [Refusal; 5] = [
        ("404, an unknown code", unknown, 404),
        ("404, no valid code", invalid, 404),
        ("405", post, 405),
        ("401, no token", api, 401),
        ("401, a wrong token", intruder, 401),
    ];
    let mut table = Table::new(["url-shortener's answer", "fuel", "× redirect", "host calls"]);
    for (what, question, status) in refusals {
        let (fuel, calls) = warm(&app, question, status).await;
        table.row(vec![
            what.to_owned(),
            number(fuel),
            number(fuel / redirect),
            calls.to_string(),
        ]);
    }
    table
}

/// Fuel and host calls of a request on a warm instance, one after the other.
async fn warm(app: &App, question: impl Fn() -> Question, status: u16) -> (f64, f64) {
    // An instance takes 128 requests, so each measurement has a host of its own.
    let served = Served::start(app, 1).await;
    let host = &served.host;
    // An instance that is idle may be dropped at any moment, so one request stays in it.
    let gate = Gate::closed();
    host.faults()
        .before("key-value.get")
        .key("kept")
        .gate(&gate);
    let mut keeper = Client::connect(host.addr()).await;
    let kept = tokio::spawn(async move {
        keeper.ask(ask::visit(Method::GET, "/kept"), 404).await;
    });
    gate.arrived(1).await;
    let mut client = Client::connect(host.addr()).await;
    client.ask(question(), status).await;

    settle().await;
    let (before, calls) = (host.stats(), host.counts().total());
    for _ in 0..REQUESTS {
        client.ask(question(), status).await;
    }
    settle().await;
    let (after, calls) = (host.stats(), host.counts().total() - calls);
    gate.open();
    kept.await.expect("no panic");
    // None, or one for each request.
    let started = (after.instances() - before.instances()) as u64;
    assert!([0, REQUESTS].contains(&started), "{started} instances");
    let mean = |sum: u64| sum as f64 / REQUESTS as f64;
    (mean(after.fuel - before.fuel), mean(calls))
}

/// The client has its answer a moment before the host has counted its fuel.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}
