//! Redirects from a store that takes its time, as one across a network does: requests that wait must not hold up others.

use std::time::Duration;

use crate::{
    ask::Ask,
    goal::Goal,
    measure::{self, Rounds},
    report::{Section, Table},
    samples::number,
    served::Served,
    subject::{SHORTENER, Subject},
};

const ROUNDS: usize = 3;
const CONNECTIONS: usize = 64;
const MILLISECONDS: [u64; 3] = [1, 5, 20];

const EXPLANATION: &str = "\
64 connections, and every store call takes the latency longer, opening the store included. The share is that of \
64/latency, what 64 clients could get if nothing else took time; at 1 ms the processor is the limit.\n\n";

pub async fn run() -> Section {
    let subjects = Subject::all();
    let served = Served::each(&subjects).await;
    let mut measured: Vec<[Rounds; MILLISECONDS.len()]> =
        subjects.iter().map(|_| Default::default()).collect();
    for round in 1..=ROUNDS {
        for (at, latency) in MILLISECONDS.into_iter().enumerate() {
            for (component, subject) in subjects.iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, {latency} ms, {}", subject.name);
                let host = &served[component].host;
                host.faults().clear();
                host.faults()
                    .before("*")
                    .wait(Duration::from_millis(latency));
                let run = measure::run(&what, host, Ask::Follow { links: 1 }, CONNECTIONS).await;
                measured[component][at].push(run);
            }
        }
    }
    let share = |component: usize, at: usize| {
        let possible = CONNECTIONS as f64 * 1000.0 / MILLISECONDS[at] as f64;
        measured[component][at].figures(|run| run.per_second / possible)
    };
    let mut table = Table::new([
        "component",
        "latency ms",
        "requests/s",
        "share of 64/latency",
    ]);
    for (component, subject) in subjects.iter().enumerate() {
        for (at, latency) in MILLISECONDS.into_iter().enumerate() {
            table.row(vec![
                subject.name.to_owned(),
                latency.to_string(),
                measured[component][at]
                    .figures(|run| run.per_second)
                    .to_string(),
                number(share(component, at).median()),
            ]);
        }
    }
    let slowest = MILLISECONDS.len() - 1;
    Section {
        title: "Redirects by latency of the store",
        text: format!("{EXPLANATION}{table}"),
        goals: vec![Goal::at_least(
            "share of 64/latency at 20 ms",
            0.8,
            share(SHORTENER, slowest).median(),
        )],
    }
}
