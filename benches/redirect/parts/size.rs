//! A redirect of this shortener among more and more links, of which it follows any.

use crate::{
    ask::Ask,
    measure::{self, Figure, Rounds},
    report::{Section, Table},
    samples::{count, number},
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 5;
const LINKS: [usize; 3] = [1, 10_000, 1_000_000];

/// One connection shows the time, 16 the cost.
const CONNECTIONS: [usize; 2] = [1, 16];

pub async fn run() -> Section {
    let app = Subject::shortener().app();
    let mut hosts = Vec::new();
    for links in LINKS {
        eprintln!("storing {} links", count(links));
        hosts.push(Served::start(&app, links).await);
    }
    let mut measured: [[Rounds; 2]; LINKS.len()] = Default::default();
    for round in 1..=ROUNDS {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (size, links) in LINKS.into_iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, {links} links");
                let host = &hosts[size].host;
                let run = measure::run(&what, host, Ask::Follow { links }, connections).await;
                measured[size][at].push(run);
            }
        }
    }
    let mut table = Table::new([
        "links stored",
        "p50 µs, 1 connection",
        "× one link",
        "CPU µs a redirect, 16 connections",
        "× one link",
        "requests/s, 16 connections",
        "× one link",
    ]);
    let [alone, busy] = [0, 1];
    let columns: [(usize, Figure); 3] = [
        (alone, |run| run.whole.p50),
        (busy, |run| run.cpu),
        (busy, |run| run.per_second),
    ];
    for (links, rounds) in LINKS.into_iter().zip(&measured) {
        let mut row = vec![count(links)];
        for (at, figure) in columns {
            let figures = rounds[at].figures(figure);
            row.push(figures.to_string());
            row.push(number(figures.ratio(&measured[0][at].figures(figure))));
        }
        table.row(row);
    }
    Section {
        title: "Redirects by number of links",
        text: format!("url-shortener, redirects of random links.\n\n{table}"),
        goals: Vec::new(),
    }
}
