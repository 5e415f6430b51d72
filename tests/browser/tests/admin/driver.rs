//! `Driver`: the one `chromedriver` of this process, and what happens where there is none.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

/// Ends chromedriver, and with it every Chromium, once this process has ended, however it did: that closes the pipe
/// that `cat` reads. Nothing in Rust would do so, for a static is never dropped. A chromedriver that is told to end
/// leaves its Chromiums behind: hence the whole process group.
const UNTIL_THE_TESTS_END: &str =
    r#""$0" --port=0 & exec >/dev/null; cat >/dev/null; kill -KILL 0"#;

/// What systems call it.
const CHROMIUMS: [&str; 2] = ["chromium", "google-chrome"];

pub struct Driver {
    address: SocketAddr,
    pub chromium: PathBuf,
    /// Its standard input is the pipe.
    _shell: Child,
    /// chromedriver may not be able to write to a closed one.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts it, unless it runs. Nothing where something is missing: then there is nothing to test with.
    pub fn get() -> Option<&'static Self> {
        static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();
        let chromium = || CHROMIUMS.into_iter().find_map(on_path);
        let start = || match (chromium(), on_path("chromedriver")) {
            (Some(chromium), Some(chromedriver)) => Some(Self::start(chromium, &chromedriver)),
            (None, None) => leave_out("neither chromium nor chromedriver found"),
            (None, Some(_)) => leave_out("chromium not found"),
            (Some(_), None) => leave_out("chromedriver not found"),
        };
        DRIVER.get_or_init(start).as_ref()
    }

    fn start(chromium: PathBuf, chromedriver: &Path) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", UNTIL_THE_TESTS_END])
            .arg(chromedriver)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let output = shell.stdout.take().expect("piped");
        let mut output = BufReader::new(output);
        let port = started(&mut output);
        Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            chromium,
            _shell: shell,
            _output: output,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes a session and waits until it is closed. Needs no runtime, which `drop` cannot wait for.
    pub fn close(&self, session: &str) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        let host = self.address;
        let request = format!("DELETE /session/{session} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        match status.contains(" 200 ") {
            true => Ok(()),
            false => Err(io::Error::other(status)),
        }
    }
}

/// The port that chromedriver chose itself. It says so once it answers, so that nobody has to guess a free port or to
/// ask whether it is up yet.
fn started(output: &mut impl BufRead) -> u16 {
    let mut said = String::new();
    loop {
        let start = said.len();
        let read = output.read_line(&mut said).expect("text");
        assert!(read > 0, "chromedriver did not start: {said}");
        let line = said[start..].trim_end().trim_end_matches('.');
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.parse().expect("a port");
        }
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file())
}

/// Straight to standard error: what a test prints is shown only when it fails.
fn leave_out<T>(missing: &str) -> Option<T> {
    let why = format!("{missing}; apt-get install chromium chromium-driver");
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!ci, "the browser tests must run where CI is set, but {why}");
    let line = format!("browser tests left out: {why}\n");
    let written = io::stderr().write_all(line.as_bytes());
    written.expect("standard error is open");
    None
}
