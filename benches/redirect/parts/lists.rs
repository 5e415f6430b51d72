//! What a page of links costs among more and more of them, and a redirect beside those who read such pages.

use crate::{
    ask::Ask,
    goal::Goal,
    load::Load,
    measure::{self, Figure, OF_ANSWERS, Rounds, Run},
    report::{Section, Table},
    samples::{count, number},
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 5;

/// How many links are stored.
const LINKS: [usize; 3] = [1_000, 100_000, MILLION];
const MILLION: usize = 1_000_000;

/// How many clients read pages without pause.
const READERS: usize = 8;

/// What a redirect is measured beside.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    /// Readers of the same store.
    Readers,
    /// Readers of another store in the same process, who take the processor alone.
    ReadersElsewhere,
}

const BESIDE: [(Beside, &str); 3] = [
    (Beside::Nothing, "nothing"),
    (Beside::Readers, "8 clients that page through the links"),
    (
        Beside::ReadersElsewhere,
        "8 clients that page through those of another store",
    ),
];

const EXPLANATION: &str = "\
A page of the newest 100 links, 1 connection. As with creates, its end may wait 40 ms for an acknowledgement; the time \
to the first byte is the component's.\n";

const EXPLANATION_BESIDE: &str = "\
Redirects of random links among 1,000,000, 1 connection, beside clients that read pages of 100 from random cursors on. \
The readers of another store share the processor with the redirects, but not the lock of the store: what they cost is \
what any such work costs.\n";

pub async fn run() -> Section {
    let app = Subject::shortener().app();
    let mut served = Vec::new();
    for links in LINKS {
        served.push(Served::start(&app, links).await);
    }
    let elsewhere = Served::start(&app, MILLION).await;
    let million = served.last().expect("a host");
    let mut listed: [Rounds; LINKS.len()] = Default::default();
    let mut followed: [Rounds; BESIDE.len()] = Default::default();
    for round in 1..=ROUNDS {
        for (which, links) in LINKS.into_iter().enumerate() {
            let what = format!("round {round} of {ROUNDS}, page of {links} links");
            let run = measure::run(&what, &served[which].host, Ask::NewestPage, 1).await;
            listed[which].push(run);
        }
        for (which, (beside, name)) in BESIDE.into_iter().enumerate() {
            let what = format!("round {round} of {ROUNDS}, beside {name}");
            followed[which].push(follow_beside(&what, beside, million, &elsewhere).await);
        }
    }
    let text = format!(
        "{EXPLANATION}\n{}\n{EXPLANATION_BESIDE}\n{}",
        pages(&listed),
        redirects(&followed)
    );
    let [few, _, many] = listed.map(|rounds| rounds.figures(|run| run.head.p50));
    let [alone, beside, _] = followed.map(|rounds| rounds.figures(|run| run.whole.p99));
    let goals = vec![
        Goal::at_most(
            "first page of 1,000,000 links, × of 1,000",
            1.5,
            many.ratio(&few),
        ),
        Goal::at_most(
            "p99 of a redirect beside 8 readers, × alone",
            2.0,
            beside.ratio(&alone),
        ),
    ];
    Section {
        title: "Listing",
        text,
        goals,
    }
}

async fn follow_beside(what: &str, beside: Beside, million: &Served, elsewhere: &Served) -> Run {
    let follow = measure::run(what, &million.host, Ask::Follow { links: MILLION }, 1);
    let read = match beside {
        Beside::Nothing => return follow.await,
        Beside::Readers => million,
        Beside::ReadersElsewhere => elsewhere,
    };
    let reading = Load {
        address: read.host.addr(),
        ask: Ask::AnyPage { links: MILLION },
        connections: READERS,
        time: measure::TIME,
    };
    let (run, read) = tokio::join!(follow, reading.carry_out());
    eprintln!("pages beside it: {}/s", number(read.per_second));
    run
}

fn pages(listed: &[Rounds; LINKS.len()]) -> Table {
    let mut table = Table::new([
        "links stored",
        "pages/s",
        "p50 µs",
        "first byte p50 µs",
        "CPU µs",
        "first byte p50, × 1,000 links",
    ]);
    for (links, rounds) in LINKS.into_iter().zip(listed) {
        let mut row = vec![count(links)];
        row.extend(OF_ANSWERS.map(|figure| rounds.figures(figure).to_string()));
        let [few, ..] = listed;
        let head = |rounds: &Rounds| rounds.figures(|run| run.head.p50);
        row.push(number(head(rounds).ratio(&head(few))));
        table.row(row);
    }
    table
}

fn redirects(followed: &[Rounds; BESIDE.len()]) -> Table {
    const FIGURES: [Figure; 3] = [
        |run| run.per_second,
        |run| run.whole.p50,
        |run| run.whole.p99,
    ];
    let mut table = Table::new(["beside", "redirects/s", "p50 µs", "p99 µs"]);
    let [alone, ..] = followed;
    for ((_, beside), rounds) in BESIDE.into_iter().zip(followed) {
        let mut row = vec![beside.to_owned()];
        row.extend(FIGURES.map(|figure| rounds.figures(figure).compared(&alone.figures(figure))));
        table.row(row);
    }
    table
}
