//! What the admin page's list of links costs, beside the API's.

use embedded_host::{Host, build};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    ask::{Ask, Session, TOKEN},
    goal::Goal,
    measure::{self, OF_ANSWERS, Rounds},
    report::{Section, Table},
    samples::count,
    served::Served,
    subject::Subject,
};

const ROUNDS: usize = 5;
const LINKS: usize = 100;

const EXPLANATION: &str = "\
The newest 100 links, 1 connection: as JSON from the API, and as a page from the component `admin`, which has a new \
instance for every request.\n";

pub async fn run() -> Section {
    let admin = build::admin().expect("the admin page builds");
    let bytes = std::fs::read(&admin).expect("a file").len();
    let app = Subject::shortener().app();
    let app = app.and("admin", admin).expect("the admin page loads");
    let served = Served::start(&app, LINKS).await;
    let session = sign_in(&served.host).await;
    let pages = [
        ("API", Ask::NewestPage),
        ("admin page", Ask::AdminPage(session)),
    ];
    let mut listed: [Rounds; 2] = Default::default();
    for round in 1..=ROUNDS {
        for (rounds, (name, ask)) in listed.iter_mut().zip(pages) {
            let what = format!("round {round} of {ROUNDS}, {name}");
            rounds.push(measure::run(&what, &served.host, ask, 1).await);
        }
    }
    let mut table = Table::new(["list", "lists/s", "p50 µs", "first byte p50 µs", "CPU µs"]);
    let [api, page] = &listed;
    for (rounds, (name, _)) in listed.iter().zip(pages) {
        let mut row = vec![name.to_owned()];
        row.extend(OF_ANSWERS.map(|figure| rounds.figures(figure).compared(&api.figures(figure))));
        table.row(row);
    }
    let first_byte = |rounds: &Rounds| rounds.figures(|run| run.head.p50);
    let ratio = first_byte(page).ratio(&first_byte(api));
    let size = format!("The component `admin` has {} bytes.", count(bytes));
    Section {
        title: "The admin page",
        text: format!("{EXPLANATION}\n{table}\n{size}\n"),
        goals: vec![Goal::at_most(
            "the admin page's list of 100 links, × the API's",
            1.5,
            ratio,
        )],
    }
}

/// What the page's form does.
async fn sign_in(host: &Host) -> Session {
    let stream = TcpStream::connect(host.addr()).await;
    let mut stream = stream.expect("a connection");
    let form = format!("token={TOKEN}");
    let length = form.len();
    let request = format!(
        "POST /_admin/sign-in HTTP/1.1\r\nhost: sho.rt\r\norigin: https://sho.rt\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    Session::of(&answer).expect("a session")
}
