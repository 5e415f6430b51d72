//! What managing links costs: creating one, with and without a claim, and listing 100.

use crate::{
    ask::Ask,
    measure::{self, Figure, Rounds},
    report::{Section, Table},
    samples::{count, number},
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 3;

/// Values of the variable `claims`.
const CLAIMS: [&str; 2] = ["auto", "optimistic"];
const CONNECTIONS: [usize; 2] = [1, 16];

/// Columns of both tables.
const FIGURES: [Figure; 4] = [
    |run| run.per_second,
    |run| run.whole.p50,
    |run| run.head.p50,
    |run| run.cpu,
];

const EXPLANATION: &str = "\
A create waits for the disk: once for the link and, with claims, once more. Answers with a body may be two writes of \
the host, head and body, and back to back on one connection the body may come 40 ms late, as the closing chunk of \
tutorial does: the time to the first byte is the component's, the rest the connection's.\n";

/// Links of which a page shows 100.
const LINKS: [usize; 2] = [1_000, 10_000];

pub async fn run() -> Section {
    let app = Subject::shortener().app();
    let mut creating = Vec::new();
    for claims in CLAIMS {
        creating.push(Served::with(&app, 0, &[("claims", claims)]).await);
    }
    let mut listing = Vec::new();
    for links in LINKS {
        listing.push(Served::start(&app, links).await);
    }
    let mut created: [[Rounds; 2]; 2] = Default::default();
    let mut listed: [Rounds; 2] = Default::default();
    for round in 1..=ROUNDS {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (which, claims) in CLAIMS.into_iter().enumerate() {
                let what = format!("round {round} of {ROUNDS}, create, claims {claims}");
                let host = &creating[which].host;
                let run = measure::run(&what, host, Ask::Create, connections).await;
                created[which][at].push(run);
            }
        }
        for (which, links) in LINKS.into_iter().enumerate() {
            let what = format!("round {round} of {ROUNDS}, page of {links} links");
            let run = measure::run(&what, &listing[which].host, Ask::Page, 1).await;
            listed[which].push(run);
        }
    }
    let text = format!("{EXPLANATION}\n{}\n{}", creates(&created), pages(&listed));
    Section {
        title: "Creating and listing",
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
            for figure in FIGURES {
                let figures = rounds[at].figures(figure);
                row.push(figures.to_string());
                row.push(number(figures.ratio(&optimistic[at].figures(figure))));
            }
            table.row(row);
        }
    }
    table
}

fn pages(listed: &[Rounds; 2]) -> Table {
    let mut table = Table::new([
        "page of 100",
        "pages/s",
        "p50 µs",
        "first byte p50 µs",
        "CPU µs",
    ]);
    for (links, rounds) in LINKS.into_iter().zip(listed) {
        let mut row = vec![format!("of {} links", count(links))];
        row.extend(FIGURES.map(|figure| rounds.figures(figure).to_string()));
        table.row(row);
    }
    table
}
