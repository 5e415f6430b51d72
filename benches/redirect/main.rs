//! What a redirect costs, beside the least it can cost and beside a tutorial's shortener: `cargo bench`.
//!
//! `cargo bench --bench redirect -- fuel size` runs only these parts; [`Part`] has them all. The report is printed,
//! and with its chart it is in `target/redirect-bench`.
//!
//! # Layout
//!
//! - [`parts`]: what is measured, one file each
//! - [`subject`]: the three components · [`served`]: one of them in the embedded host, on SQLite · [`links`]: its data
//! - [`measure`]: one run: [`load`] from a process of its own, [`client`] and [`ask`] in it; [`cpu`] of ours
//! - [`samples`]: the runs of all rounds · [`goal`]: what they should be · [`report`], [`chart`]: how they are shown
//!
//! The load comes from a child process, this same program started with [`load::ARGUMENT`], so that the CPU time of
//! this process is the server's alone.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ask;
mod chart;
mod client;
mod cpu;
mod goal;
mod links;
mod load;
mod measure;
mod parts;
mod report;
mod samples;
mod served;
mod subject;

use parts::Part;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let parts = match arguments.next() {
        Some(first) if first == load::ARGUMENT => {
            return load::child(&arguments.next().expect("a load"));
        }
        first => first.into_iter().chain(arguments),
    };
    // Cargo's own argument says nothing new.
    let parts: Vec<Part> = parts
        .filter(|argument| argument != "--bench")
        .map(|name| Part::named(&name))
        .collect();
    let parts = if parts.is_empty() {
        Part::ALL.to_vec()
    } else {
        parts
    };
    let mut sections = Vec::new();
    for part in parts {
        eprintln!("part: {}", part.name());
        sections.push(part.runtime().block_on(part.run()));
    }
    report::publish(&sections);
}
