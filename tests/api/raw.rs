//! Requests and answers byte for byte, for what an HTTP client would not send or would not show.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{app::TestApp, openapi};

/// When a test fails instead of waiting on for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that sends and receives bytes. What comes back is held against docs/openapi.yaml
/// where it is the one answer to one request.
pub struct RawConnection {
    stream: TcpStream,
    sent: Vec<u8>,
}

impl TestApp {
    pub async fn connect(&self) -> RawConnection {
        let stream = TcpStream::connect(self.host().addr()).await;
        RawConnection {
            stream: stream.expect("a connection"),
            sent: Vec::new(),
        }
    }

    /// Sends a request (lines end in `\n` here, in CRLF there) and returns all that comes back.
    pub async fn raw(&self, request: &str) -> String {
        let mut connection = self.connect().await;
        connection.send(request.replace('\n', "\r\n")).await;
        connection.read_to_end().await
    }
}

impl RawConnection {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await;
        sent.expect("somebody reads").expect("open for writing");
        self.sent.extend_from_slice(bytes.as_ref());
    }

    /// Everything up to the other side's end of the connection, without the `date` header.
    pub async fn read_to_end(&mut self) -> String {
        let mut answer = String::new();
        let read = timeout(PATIENCE, self.stream.read_to_string(&mut answer)).await;
        read.expect("an answer in time").expect("an answer");
        self.assert_documented(answer.as_bytes());
        without_date(&answer)
    }

    /// Sends no more, but goes on reading.
    pub async fn end(&mut self) {
        self.stream.shutdown().await.ok();
    }

    /// What there is to read before the other side closes or resets the connection.
    pub async fn read_what_comes(&mut self) -> String {
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut answer)).await;
        read.expect("an end in time").ok();
        self.assert_documented(&answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn assert_documented(&self, answer: &[u8]) {
        if let Err(fault) = openapi::check_bytes(&self.sent, answer) {
            panic!("{fault}");
        }
    }

    /// One answer without a body, or the head of one with a body.
    pub async fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        let read = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.stream.read_u8().await.expect("more of the head"));
            }
        };
        timeout(PATIENCE, read).await.expect("an answer in time");
        without_date(std::str::from_utf8(&head).expect("ASCII"))
    }
}

fn without_date(answer: &str) -> String {
    let lines = answer.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("date: ")).collect()
}
