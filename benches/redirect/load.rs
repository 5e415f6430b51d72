//! Load on a server: a child process that asks on many connections, back to back, and says what it saw.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{
    runtime::Builder,
    task::{self, JoinSet},
};

use crate::{
    ask::Ask,
    client::{Client, Times},
};

/// Makes this program the child. What follows is the load.
pub const ARGUMENT: &str = "--load";

/// What is asked of which server, and how hard.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Load {
    pub address: SocketAddr,
    pub ask: Ask,
    pub connections: usize,
    pub time: Duration,
}

/// What came back.
#[derive(Serialize, Deserialize)]
pub struct Answers {
    /// All answers, those from before it was warm included.
    pub all: usize,
    pub per_second: f64,
    /// Until the head of an answer was there.
    pub head: Quantiles,
    /// Until its end was there.
    pub whole: Quantiles,
    /// The share of answers whose end came [`LATE`] after their head, or later.
    pub late: f64,
}

/// Half of the shortest time for which Linux delays an acknowledgement, so nothing but that takes so long.
const LATE: Duration = Duration::from_millis(20);

/// In microseconds.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p99: f64,
}

impl Load {
    /// Carries it out in a child process.
    pub async fn carry_out(self) -> Answers {
        let load = serde_json::to_string(&self).expect("a load is JSON");
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program);
        child.args([ARGUMENT, &load]).stderr(Stdio::inherit());
        let output = task::spawn_blocking(move || child.output());
        let output = output.await.expect("no panic").expect("a child process");
        assert!(output.status.success(), "the load failed");
        serde_json::from_slice(&output.stdout).expect("answers are JSON")
    }
}

/// The child's `main`.
pub fn child(load: &str) {
    let load: Load = serde_json::from_str(load).expect("a load");
    // One thread leaves the server the most of a small machine.
    let runtime = Builder::new_current_thread().enable_all().build();
    let answers = runtime.expect("a runtime").block_on(ask_all(load));
    let answers = serde_json::to_string(&answers).expect("answers are JSON");
    println!("{answers}");
}

async fn ask_all(load: Load) -> Answers {
    let mut clients = Vec::new();
    for _ in 0..load.connections {
        clients.push(Client::connect(load.address).await);
    }
    // A new connection's first answers are acknowledged at once, later ones after a delay.
    let warm = Instant::now() + load.time / 10;
    let end = warm + load.time;
    let mut connections = JoinSet::new();
    for (seed, client) in clients.into_iter().enumerate() {
        connections.spawn(ask_until(load.ask, client, seed, warm, end));
    }
    let (mut all, mut times) = (0, Vec::new());
    for (asked, warm_times) in connections.join_all().await {
        all += asked;
        times.extend(warm_times);
    }
    let late = times.iter().filter(|it| it.whole - it.head >= LATE).count();
    Answers {
        all,
        // What was under way when it was warm is missing, what was under way at the end makes up for it.
        per_second: times.len() as f64 / load.time.as_secs_f64(),
        head: quantiles(times.iter().map(|times| times.head)),
        whole: quantiles(times.iter().map(|times| times.whole)),
        late: late as f64 / times.len() as f64,
    }
}

/// How many answers one connection had, and the times of those it asked for when it was warm.
async fn ask_until(
    ask: Ask,
    mut client: Client,
    seed: usize,
    warm: Instant,
    end: Instant,
) -> (usize, Vec<Times>) {
    let (mut all, mut times) = (0, Vec::new());
    let mut random = seed;
    loop {
        let now = Instant::now();
        if now >= end {
            return (all, times);
        }
        // Knuth's generator, whose upper bits are random enough to choose links.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let taken = client.ask(ask.question(random >> 33), ask.status()).await;
        all += 1;
        if now >= warm {
            times.push(taken);
        }
    }
}

fn quantiles(times: impl Iterator<Item = Duration>) -> Quantiles {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let quantile = |percent: usize| {
        let at = times.len() * percent / 100;
        times.get(at).map_or(f64::NAN, |it| it.as_secs_f64() * 1e6)
    };
    Quantiles {
        p50: quantile(50),
        p99: quantile(99),
    }
}
