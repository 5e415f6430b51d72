//! One run: a load on a host, and what it cost this process, which serves and does nothing else meanwhile.

use std::time::Duration;

use embedded_host::Host;

use crate::{
    ask::Ask,
    cpu,
    load::{Load, Quantiles},
    samples::{Samples, number},
};

/// How long one run is; many short ones in turns are fairer than one long one.
pub const TIME: Duration = Duration::from_secs(2);

/// What one run has shown. Times are in microseconds.
pub struct Run {
    pub per_second: f64,
    /// Until an answer's head was there.
    pub head: Quantiles,
    /// Until its end was there.
    pub whole: Quantiles,
    /// The share of answers whose end came late, long after their head.
    pub late: f64,
    /// CPU time of the server, for each request.
    pub cpu: f64,
    /// The median start of an instance in this run.
    pub start: f64,
}

/// One figure of a run.
pub type Figure = fn(&Run) -> f64;

/// What there is to say of answers that have a body.
pub const OF_ANSWERS: [Figure; 4] = [
    |run| run.per_second,
    |run| run.whole.p50,
    |run| run.head.p50,
    |run| run.cpu,
];

/// Puts a load on `host`, and says so.
pub async fn run(what: &str, host: &Host, ask: Ask, connections: usize) -> Run {
    let load = Load {
        address: host.addr(),
        ask,
        connections,
        time: TIME,
    };
    let instances = host.stats().instances();
    let before = cpu::used();
    let answers = load.carry_out().await;
    let cpu = cpu::used() - before;
    let starts = host.stats().starts.into_iter().skip(instances);
    let run = Run {
        per_second: answers.per_second,
        head: answers.head,
        whole: answers.whole,
        late: answers.late,
        cpu: micros(cpu) / answers.all as f64,
        start: starts.map(micros).collect::<Samples>().median(),
    };
    eprintln!(
        "{what}, {}: {}/s, p50 {} µs, CPU {} µs",
        connections_of(connections),
        number(run.per_second),
        number(run.whole.p50),
        number(run.cpu)
    );
    run
}

/// `1 connection`, `16 connections`.
pub fn connections_of(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} connection{plural}")
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The runs of one subject, a round each.
#[derive(Default)]
pub struct Rounds(Vec<Run>);

impl Rounds {
    pub fn push(&mut self, run: Run) {
        self.0.push(run);
    }

    /// One figure of every round.
    pub fn figures(&self, figure: impl Fn(&Run) -> f64) -> Samples {
        self.0.iter().map(figure).collect()
    }
}
