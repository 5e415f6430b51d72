//! Redirects of one link by all three components: how many, how soon, at what cost.

use crate::{
    ask::Ask,
    chart::{self, Panel},
    goal::Goal,
    measure::{self, Figure, Rounds, connections_of},
    report::{self, Section, Table},
    samples::{Samples, number},
    served::Served,
    subject::{FLOOR, SHORTENER, Subject, TUTORIAL},
};

const ROUNDS: usize = 7;

/// Kept-alive connections.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Positions in [`CONNECTIONS`]: one alone shows times, 16 (what an instance takes at once) the cost of serving.
const ALONE: usize = 0;
const BUSY: usize = 1;

const EXPLANATION: &str = "\
Requests are sent back to back on kept-alive connections; a time ends with the whole answer. The answer of tutorial \
has no `Content-Length`, so it ends with a chunk of its own. When that is not ready in time to go out with the head, \
it waits for the client's acknowledgement of the head, which on a connection in such use comes 40 ms later (Nagle's \
algorithm and delayed acknowledgement). *Late ends* is the share of answers whose end came at least 20 ms after their \
head. Their first byte, which is what a visitor waits for, is not late: the connection is, for its next request.\n";

/// By component, then by position in [`CONNECTIONS`].
type Measured = Vec<[Rounds; CONNECTIONS.len()]>;

pub async fn run() -> Section {
    let subjects = Subject::all();
    let served = Served::each(&subjects).await;
    let mut measured: Measured = subjects.iter().map(|_| Default::default()).collect();
    for round in 1..=ROUNDS {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (component, subject) in subjects.iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, {}", subject.name);
                let host = &served[component].host;
                let run = measure::run(&what, host, Ask::Follow { links: 1 }, connections).await;
                measured[component][at].push(run);
            }
        }
    }
    let memory: Vec<_> = served
        .iter()
        .map(|served| served.host.stats().peak_memory as f64 / 1024.0)
        .collect();
    let names = subjects.map(|subject| subject.name);
    draw(&names, &measured);
    let mut text = EXPLANATION.to_owned();
    for (at, connections) in CONNECTIONS.into_iter().enumerate() {
        let heading = connections_of(connections);
        text += &format!("\n### {heading}\n\n{}", times(&names, &measured, at));
    }
    text += &format!("\n### Costs\n\n{}", costs(&names, &measured, &memory));
    text += "\n![Requests a second, and CPU per redirect](redirect.svg)\n";
    Section {
        title: "Redirects",
        text,
        goals: goals(&measured, &memory),
    }
}

/// How many and how soon, at the same number of connections.
fn times(names: &[&str], measured: &Measured, at: usize) -> Table {
    let mut table = Table::new([
        "component",
        "requests/s",
        "p50 µs",
        "p99 µs",
        "first byte p50 µs",
        "first byte p99 µs",
        "late ends, %",
    ]);
    let figures: [Figure; 5] = [
        |run| run.per_second,
        |run| run.whole.p50,
        |run| run.whole.p99,
        |run| run.head.p50,
        |run| run.head.p99,
    ];
    for (name, rounds) in names.iter().zip(measured) {
        let compare = |figure| compared(&rounds[at], &measured[FLOOR][at], figure);
        let mut row = vec![(*name).to_owned()];
        row.extend(figures.map(compare));
        row.push(rounds[at].figures(|run| run.late * 100.0).to_string());
        table.row(row);
    }
    table
}

/// What a redirect costs the server.
fn costs(names: &[&str], measured: &Measured, memory: &[f64]) -> Table {
    let mut table = Table::new([
        "component",
        "CPU µs a redirect, 16 connections",
        "CPU, × tutorial",
        "instance start µs",
        "largest linear memory KiB",
    ]);
    let tutorial = measured[TUTORIAL][BUSY].figures(|run| run.cpu);
    for ((name, rounds), memory_here) in names.iter().zip(measured).zip(memory) {
        let floor = &measured[FLOOR];
        table.row(vec![
            (*name).to_owned(),
            compared(&rounds[BUSY], &floor[BUSY], |run| run.cpu),
            number(rounds[BUSY].figures(|run| run.cpu).ratio(&tutorial)),
            compared(&rounds[ALONE], &floor[ALONE], |run| run.start),
            format!(
                "{} {}×",
                number(*memory_here),
                number(memory_here / memory[FLOOR])
            ),
        ]);
    }
    table
}

/// A figure, and its ratio to the floor's.
fn compared(rounds: &Rounds, floor: &Rounds, figure: Figure) -> String {
    rounds.figures(figure).compared(&floor.figures(figure))
}

fn goals(measured: &Measured, memory: &[f64]) -> Vec<Goal> {
    let cpu = |component: usize| measured[component][BUSY].figures(|run| run.cpu);
    let whole = |component: usize| measured[component][ALONE].figures(|run| run.whole.p50);
    let start = |component: usize| measured[component][ALONE].figures(|run| run.start);
    let own = cpu(SHORTENER);
    vec![
        Goal::at_most("CPU a redirect, × floor", 1.1, own.ratio(&cpu(FLOOR))),
        Goal::at_most("CPU a redirect, × tutorial", 0.6, own.ratio(&cpu(TUTORIAL))),
        Goal::at_least(
            "p50 of tutorial at 1 connection, × url-shortener",
            20.0,
            whole(TUTORIAL).ratio(&whole(SHORTENER)),
        ),
        Goal::at_most(
            "instance start, × floor",
            1.2,
            start(SHORTENER).ratio(&start(FLOOR)),
        ),
        Goal::at_most("linear memory, KiB", 2048.0, memory[SHORTENER]),
    ]
}

fn draw(names: &[&str], measured: &Measured) {
    let of_all = |at: usize, figure: Figure| -> Vec<Samples> {
        let all = measured.iter();
        all.map(|rounds| rounds[at].figures(figure)).collect()
    };
    let groups = CONNECTIONS.iter().enumerate().map(|(at, connections)| {
        (
            connections_of(*connections),
            of_all(at, |run| run.per_second),
        )
    });
    let busy = connections_of(CONNECTIONS[BUSY]);
    let panels = [
        Panel {
            title: "Redirects a second",
            groups: groups.collect(),
        },
        Panel {
            title: "CPU µs a redirect",
            groups: vec![(busy, of_all(BUSY, |run| run.cpu))],
        },
    ];
    chart::draw(&report::file("redirect.svg"), names, &panels).expect("a chart");
}
