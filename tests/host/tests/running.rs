//! `cargo run`, from its first line to its end.

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

const TOKEN: &str = "a-token-for-cargo-run";

/// A manifest of which the URL shortener is the only component.
const WITHOUT_ADMIN: &str = r#"
application.name = "alone"
variables.admin_token = { required = true }
trigger.http = [{ route = "/...", component = "shortener" }]
component.shortener.variables = { admin_token = "{{ admin_token }}" }
"#;

/// The program, in a directory where no `.env` gives it variables.
fn program(directory: &TempDir) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_embedded-host"));
    program
        .current_dir(directory.path())
        .args(["--listen", "127.0.0.1:0"])
        .env_remove("SPIN_VARIABLE_ADMIN_TOKEN");
    program
}

/// The program, serving; killed if the test does not end it.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Running {
    fn start(directory: &TempDir, options: &[&str]) -> Self {
        let mut program = program(directory);
        program
            .args(options)
            .env("SPIN_VARIABLE_ADMIN_TOKEN", TOKEN);
        let mut child = program.stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("piped");
        let mut running = Self {
            child,
            lines: BufReader::new(stdout).lines(),
            address: String::new(),
        };
        let serving = running.line();
        let address = serving.strip_prefix("Serving http://");
        running.address = address.expect("an address").to_owned();
        running
    }

    /// The next line it prints.
    fn line(&mut self) -> String {
        let line = self.lines.next().expect("one more line");
        line.expect("a line")
    }

    /// Expects that the next line says where links are managed.
    fn says_where_links_are_managed(&mut self) {
        let page = format!("Links are managed at http://{}/_admin/", self.address);
        assert_eq!(self.line(), page);
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = request.replace('\n', "\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn follow(&self, code: &str) -> String {
        self.ask(&format!(
            "GET /{code} HTTP/1.1\nhost: a.example\nconnection: close\n\n"
        ))
    }

    fn create(&self, code: &str) -> String {
        let body = format!(r#"{{"short":"{code}","url":"https://akamai.com"}}"#);
        let length = body.len();
        self.ask(&format!(
            "POST /_api/links HTTP/1.1\nhost: a.example\nauthorization: Bearer {TOKEN}\n\
             content-type: application/json\ncontent-length: {length}\nconnection: close\n\n{body}"
        ))
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    fn terminate(mut self) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.expect("kill runs").success());
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended, as it should have.
        let _ = self.child.kill();
    }
}

fn assert_status(answer: &str, status: u16) {
    let line = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&line), "{answer}");
}

#[test]
fn without_an_admin_token_it_says_which_variable_to_set() {
    let directory = TempDir::new().expect("a directory");
    let output = program(&directory)
        .arg("--memory")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("SPIN_VARIABLE_ADMIN_TOKEN="), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn it_says_where_it_serves_what_and_what_for_and_ends_when_asked() {
    let directory = TempDir::new().expect("a directory");
    for options in [&["--memory"][..], &["--memory", "--wasi", "p2"]] {
        let mut running = Running::start(&directory, options);
        running.says_where_links_are_managed();
        assert!(running.line().contains("in memory"));
        assert!(
            running
                .line()
                .contains("development host, not for production")
        );
        assert_status(&running.create("aka"), 201);
        let followed = running.follow("aka");
        assert_status(&followed, 301);
        assert!(followed.contains("\r\nlocation: https://akamai.com\r\n"));
        running.terminate();
    }
    assert_eq!(
        std::fs::read_dir(directory.path())
            .map(Iterator::count)
            .ok(),
        Some(0)
    );
}

#[test]
fn a_manifest_without_an_admin_page_is_served_without_one() {
    let directory = TempDir::new().expect("a directory");
    let manifest = directory.path().join("spin.toml");
    std::fs::write(&manifest, WITHOUT_ADMIN).expect("a file");
    let from = manifest.to_str().expect("UTF-8");
    let mut running = Running::start(&directory, &["--memory", "--from", from]);
    assert!(running.line().contains("in memory"));
    assert_status(&running.follow(".well-known/spin/health"), 200);
    running.terminate();
}

#[test]
fn links_in_a_file_are_there_again_at_the_next_start() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("links.db");
    let path = file.to_str().expect("UTF-8");
    for (before, created) in [(404, 201), (301, 409)] {
        let mut running = Running::start(&directory, &["--data", path]);
        running.says_where_links_are_managed();
        assert!(running.line().contains(path));
        assert_status(&running.follow("aka"), before);
        assert_status(&running.create("aka"), created);
        running.terminate();
        assert!(Path::new(&file).is_file());
    }
}

#[test]
fn an_interface_there_is_not_is_an_error() {
    let directory = TempDir::new().expect("a directory");
    let output = program(&directory).args(["--wasi", "p1"]).output();
    let output = output.expect("it runs");
    assert_ne!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("'p1' is neither p2 nor p3"), "{said}");
}
