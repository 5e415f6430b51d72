//! What counting clicks costs a redirect, and the store.

use embedded_host::Host;

use crate::{
    ask::Ask,
    goal::Goal,
    measure::{self, Figure, Rounds},
    report::{Section, Table},
    samples::{Samples, number},
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 7;

/// Values of the variable `clicks`, and how many links are followed at random.
const COUNTED: [(&str, usize); 5] = [
    ("off", 1),
    ("total", 1),
    ("daily", 1),
    ("off", 50),
    ("total", 50),
];

/// Positions in [`COUNTED`] of one link, without and with its total.
const OFF: usize = 0;
const TOTAL: usize = 1;

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Positions in [`CONNECTIONS`].
const ALONE: usize = 0;
const BUSY: usize = 1;

const EXPLANATION: &str = "\
url-shortener with each value of `clicks`. A write of a counter waits for the disk and holds the one lock of the store \
meanwhile, so the number of writes is what counts: in a burst an instance writes what has come in 200 ms or until its \
last request, each link's clicks together.\n";

/// What was measured of one value of `clicks` at one number of connections.
#[derive(Default)]
struct Measured {
    runs: Rounds,
    /// Writes for 1,000 requests.
    writes: Vec<f64>,
}

pub async fn run() -> Section {
    let app = Subject::shortener().app();
    let mut served = Vec::new();
    for (clicks, links) in COUNTED {
        served.push(Served::with(&app, links, &[("clicks", clicks)]).await);
    }
    let mut measured: [[Measured; CONNECTIONS.len()]; COUNTED.len()] = Default::default();
    for round in 1..=ROUNDS {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (which, (clicks, links)) in COUNTED.into_iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, clicks {clicks}, {links} links");
                let host = &served[which].host;
                let before = writes_and_requests(host);
                let run = measure::run(&what, host, Ask::Follow { links }, connections).await;
                let after = writes_and_requests(host);
                let measured = &mut measured[which][at];
                measured.runs.push(run);
                let writes = (after.0 - before.0) * 1000.0 / (after.1 - before.1);
                measured.writes.push(writes);
            }
        }
    }
    Section {
        title: "Counting clicks",
        text: format!("{EXPLANATION}\n{}", table(&measured)),
        goals: goals(&measured),
    }
}

fn writes_and_requests(host: &Host) -> (f64, f64) {
    let writes = host.counts().of("atomics.increment");
    (writes as f64, host.stats().requests as f64)
}

fn table(measured: &[[Measured; CONNECTIONS.len()]; COUNTED.len()]) -> Table {
    let mut table = Table::new([
        "clicks",
        "links",
        "connections",
        "requests/s",
        "first byte p50 µs",
        "first byte p99 µs",
        "CPU µs",
        "writes for 1,000 clicks",
    ]);
    let figures: [Figure; 4] = [
        |run| run.per_second,
        |run| run.head.p50,
        |run| run.head.p99,
        |run| run.cpu,
    ];
    for ((clicks, links), rows) in COUNTED.into_iter().zip(measured) {
        let off = COUNTED
            .iter()
            .position(|counted| *counted == ("off", links));
        let off = &measured[off.expect("each number of links is followed without counting")];
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            let mut row = vec![
                clicks.to_owned(),
                links.to_string(),
                connections.to_string(),
            ];
            row.extend(figures.map(|figure| {
                let figures = rows[at].runs.figures(figure);
                figures.compared(&off[at].runs.figures(figure))
            }));
            let writes: Samples = rows[at].writes.iter().copied().collect();
            row.push(number(writes.median()));
            table.row(row);
        }
    }
    table
}

fn goals(measured: &[[Measured; CONNECTIONS.len()]; COUNTED.len()]) -> Vec<Goal> {
    let ratio = |at: usize, figure: Figure| {
        let [off, total] = [OFF, TOTAL].map(|which| measured[which][at].runs.figures(figure));
        total.ratio(&off)
    };
    vec![
        Goal::at_most(
            "first byte p50 with clicks = total, 1 connection, × off",
            1.15,
            ratio(ALONE, |run| run.head.p50),
        ),
        Goal::at_least(
            "requests/s with clicks = total, 16 connections, × off",
            0.7,
            ratio(BUSY, |run| run.per_second),
        ),
    ]
}
