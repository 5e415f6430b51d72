//! What creating a link costs, with and without a claim.

use crate::{
    ask::Ask,
    measure::{self, OF_ANSWERS, Rounds},
    report::{Section, Table},
    samples::number,
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 3;

/// Values of the variable `claims`.
const CLAIMS: [&str; 2] = ["auto", "optimistic"];
const CONNECTIONS: [usize; 2] = [1, 16];

const EXPLANATION: &str = "\
A create waits for the disk with every write: that of the link and, with claims, those of its number, its entry in the \
catalog and the claim. Answers with a body may be two writes of \
the host, head and body, and back to back on one connection the body may come 40 ms late, as the closing chunk of \
tutorial does: the time to the first byte is the component's, the rest the connection's.\n";

pub async fn run() -> Section {
    let app = Subject::shortener().app();
    let mut creating = Vec::new();
    for claims in CLAIMS {
        creating.push(Served::with(&app, 0, &[("claims", claims)]).await);
    }
    let mut created: [[Rounds; 2]; 2] = Default::default();
    for round in 1..=ROUNDS {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (which, claims) in CLAIMS.into_iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, create, claims {claims}");
                let host = &creating[which].host;
                let run = measure::run(&what, host, Ask::Create, connections).await;
                created[which][at].push(run);
            }
        }
    }
    let text = format!("{EXPLANATION}\n{}", creates(&created));
    Section {
        title: "Creating",
        text,
        goals: Vec::new(),
    }
}

/// By value of `claims`, then by connections.
fn creates(created: &[[Rounds; 2]; 2]) -> Table {
    let mut table = Table::new([
        "create",
        "connections",
        "requests/s",
        "× optimistic",
        "p50 µs",
        "× optimistic",
        "first byte p50 µs",
        "× optimistic",
        "CPU µs",
        "× optimistic",
    ]);
    let [_, optimistic] = created;
    for (claims, rounds) in CLAIMS.into_iter().zip(created) {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            let mut row = vec![format!("claims = {claims}"), connections.to_string()];
            for figure in OF_ANSWERS {
                let figures = rounds[at].figures(figure);
                row.push(figures.to_string());
                row.push(number(figures.ratio(&optimistic[at].figures(figure))));
            }
            table.row(row);
        }
    }
    table
}
