//! `Site`: a few fixed pages on a free port, with the headers that the admin page has.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A path, a media type and a body.
pub type Page = (&'static str, &'static str, &'static str);

pub struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Site {
    pub async fn start(pages: &'static [Page]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::default();
        let seen = Arc::clone(&requests);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, pages, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            requests,
            server,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The last request with this method, head and body.
    pub fn last(&self, method: &str) -> String {
        let requests = self.requests.lock().expect("no panic");
        let mut requests = requests.iter().rev();
        let last = requests.find(|request| request.starts_with(method));
        last.expect("a request").clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One request. Browsers also connect without asking for anything, in case they will.
async fn serve(
    mut stream: TcpStream,
    pages: &'static [Page],
    seen: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let request = receive(&mut stream).await?;
    let path = request.split(' ').nth(1)?;
    let page = pages.iter().find(|(known, ..)| *known == path);
    let (status, kind, body) = match page {
        Some((_, kind, body)) => ("200 OK", *kind, *body),
        None => ("404 Not Found", "text/plain", ""),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncontent-security-policy: {POLICY}\r\n\
         referrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    seen.lock().expect("no panic").push(request);
    stream.write_all(answer.as_bytes()).await.ok()
}

async fn receive(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.lines();
        let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        if body.len() >= length {
            return Some(text.into_owned());
        }
    }
}
