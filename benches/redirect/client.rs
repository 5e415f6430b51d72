//! A client that keeps its connection and asks again as soon as it has the whole answer.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::ask::Question;

/// A kept-alive connection.
pub struct Client(http1::SendRequest<Full<Bytes>>);

/// How long an answer took.
pub struct Times {
    /// Until its head was there: a visitor can follow it from here on.
    pub head: Duration,
    /// Until its end was there: the connection can be used again from here on.
    pub whole: Duration,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        // As every browser does. It concerns what the client sends; the server's side is as in Spin.
        stream.set_nodelay(true).expect("a TCP connection");
        let (client, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Self(client)
    }

    /// Asks, and reads the answer to its end.
    pub async fn ask(&mut self, question: Question, status: u16) -> Times {
        let path = question.uri().clone();
        self.0.ready().await.expect("kept alive");
        let asked = Instant::now();
        let answer = self.0.send_request(question).await.expect("an answer");
        let head = asked.elapsed();
        assert_eq!(answer.status(), status, "{path}");
        answer.into_body().collect().await.expect("a whole body");
        let whole = asked.elapsed();
        Times { head, whole }
    }
}
