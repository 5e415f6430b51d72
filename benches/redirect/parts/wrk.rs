//! Redirects at one connection as wrk sees them, where it is installed: a second opinion, by another's client.

use std::{io::ErrorKind, process::Command};

use tokio::task;

use crate::{
    ask,
    goal::Goal,
    measure,
    report::{Section, Table},
    samples::{Samples, number},
    served::Served,
    subject::{FLOOR, SHORTENER, Subject, TUTORIAL},
};

const ROUNDS: usize = 5;

const EXPLANATION: &str = "\
`wrk -t1 -c1 --latency`. Its times are those of somebody who asks at an even pace, and not only when the answer before \
is there: to every long answer wrk adds those that would have had to wait for its end (it corrects for coordinated \
omission). For the load of *Redirects*, an answer that stalls for 40 ms is one among all; here it counts for its 40 ms.\n\n";

/// What wrk has shown; times in microseconds.
struct Run {
    per_second: f64,
    p50: f64,
    p99: f64,
}

pub async fn run() -> Section {
    let subjects = Subject::all();
    let served = Served::each(&subjects).await;
    let mut measured: Vec<Vec<Run>> = subjects.iter().map(|_| Vec::new()).collect();
    for round in 1..=ROUNDS {
        for (component, subject) in subjects.iter().enumerate() {
            let address = served[component].host.addr();
            let Some(run) = wrk(&format!("http://{address}{}", ask::follow(0))).await else {
                return section("wrk is not installed.\n".to_owned(), vec![]);
            };
            let (name, p50) = (subject.name, number(run.p50));
            eprintln!("round {round} of {ROUNDS}, {name}, by wrk: p50 {p50} µs");
            measured[component].push(run);
        }
    }
    let figures = |component: usize, figure: fn(&Run) -> f64| -> Samples {
        measured[component].iter().map(figure).collect()
    };
    let mut table = Table::new(["component", "requests/s", "p50 µs", "p99 µs"]);
    for (component, subject) in subjects.iter().enumerate() {
        let compared = |figure| figures(component, figure).compared(&figures(FLOOR, figure));
        table.row(vec![
            subject.name.to_owned(),
            compared(|run| run.per_second),
            compared(|run| run.p50),
            compared(|run| run.p99),
        ]);
    }
    let p50 = |component| figures(component, |run| run.p50);
    let goal = Goal::at_least(
        "p50 of tutorial by wrk, × url-shortener",
        20.0,
        p50(TUTORIAL).ratio(&p50(SHORTENER)),
    );
    section(format!("{EXPLANATION}{table}"), vec![goal])
}

fn section(text: String, goals: Vec<Goal>) -> Section {
    Section {
        title: "Redirects by wrk, 1 connection",
        text,
        goals,
    }
}

/// One run; `None` without wrk.
async fn wrk(url: &str) -> Option<Run> {
    let seconds = measure::TIME.as_secs();
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c1", "--latency", &format!("-d{seconds}s"), url]);
    let output = task::spawn_blocking(move || command.output()).await;
    let output = match output.expect("no panic") {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        output => output.expect("wrk runs"),
    };
    let report = String::from_utf8(output.stdout).expect("a text");
    let failed = ["Non-2xx", "Socket errors"].map(|kind| report.contains(kind));
    assert!(output.status.success() && failed == [false; 2], "{report}");
    let figure = |name: &str| {
        let figure = report
            .lines()
            .find_map(|line| line.trim().strip_prefix(name));
        figure
            .unwrap_or_else(|| panic!("no {name} in {report}"))
            .trim()
    };
    Some(Run {
        per_second: figure("Requests/sec:").parse().expect("a number"),
        p50: micros(figure("50%")),
        p99: micros(figure("99%")),
    })
}

/// A time as wrk writes it: `128.00us`, `24.54ms`, `1.20s`.
fn micros(time: &str) -> f64 {
    let (number, unit) = [("us", 1.0), ("ms", 1e3), ("s", 1e6)]
        .into_iter()
        .find_map(|(suffix, unit)| Some((time.strip_suffix(suffix)?, unit)))
        .expect("a unit of time");
    number.parse::<f64>().expect("a number") * unit
}
