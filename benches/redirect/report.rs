//! The report: Markdown, section by section, and the goals of them all.

use std::{
    fmt::{self, Write},
    path::{Path, PathBuf},
};

use crate::goal::Goal;

/// What one part has to say.
pub struct Section {
    pub title: &'static str,
    /// How to read it, then the tables.
    pub text: String,
    pub goals: Vec<Goal>,
}

/// A Markdown table.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        let head = head.map(str::to_owned).to_vec();
        let rule = vec!["---".to_owned(); N];
        Self {
            rows: vec![head, rule],
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// A file of this name among the results.
pub fn file(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("redirect-bench");
    std::fs::create_dir_all(&directory).expect("a directory");
    directory.join(name)
}

/// Prints the whole report, and writes it to a file.
pub fn publish(sections: &[Section]) {
    let document = document(sections);
    println!("{document}");
    let file = file("performance.md");
    std::fs::write(&file, document).expect("a report");
    eprintln!("written to {}", file.display());
}

fn document(sections: &[Section]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut document = format!(
        "# Benchmark\n\n\
         The embedded host in one process, the load from another, over loopback, on {cores} cores. Rounds are \
         interleaved; a figure is the median of its rounds (min–max), a ratio (×) the median of the ratios within \
         each round.\n"
    );
    let mut goals = Table::new(["goal", "bound", "measured", "met"]);
    for section in sections {
        write!(document, "\n## {}\n\n{}", section.title, section.text).expect("a string");
        for goal in &section.goals {
            goals.row(goal.cells());
        }
    }
    write!(document, "\n## Goals\n\n{goals}").expect("a string");
    document
}
