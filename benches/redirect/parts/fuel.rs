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
    let (refusals, dearest) = refusals(&subjects[SHORTENER], own.fuel).await;
    Section {
        title: "Fuel, host calls, size",
        text: format!("{EXPLANATION}{table}\n{refusals}"),
        goals: vec![
            Goal::at_most("fuel a redirect, × floor", 1.25, own.fuel / floor),
            Goal::at_most("host calls a redirect, warm", 1.0, own.calls),
            Goal::at_most("fuel of a refusal, × redirect", 1.0, dearest / own.fuel),
            Goal::at_most(".wasm bytes", 450_000.0, own.bytes as f64),
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

/// The table of what this shortener refuses, and the fuel of the dearest.
async fn refusals(subject: &Subject, redirect: f64) -> (Table, f64) {
    let app = subject.metered();
    let mut table = Table::new(["url-shortener's answer", "fuel", "× redirect", "host calls"]);
    let mut dearest = 0.0_f64;
    for (what, method, path, status) in [
        ("404, an unknown code", Method::GET, "/unknown", 404),
        ("404, no valid code", Method::GET, "/a%20b", 404),
        ("405", Method::POST, "/unknown", 405),
        ("401", Method::GET, "/_api/links/unknown", 401),
    ] {
        let question = || ask::visit(method.clone(), path);
        let (fuel, calls) = warm(&app, question, status).await;
        dearest = dearest.max(fuel);
        table.row(vec![
            what.to_owned(),
            number(fuel),
            number(fuel / redirect),
            calls.to_string(),
        ]);
    }
    (table, dearest)
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
