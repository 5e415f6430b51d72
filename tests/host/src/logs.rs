//! What the guest writes to stdout and stderr, and what the host has to say about the guest.

use std::{
    io::Write,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    async_trait,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

/// Who wrote a [`LogWrite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// The guest, to its standard output.
    Stdout,
    /// The guest, to its standard error.
    Stderr,
    /// The host: traps, dead instances, handlers that failed.
    Host,
}

/// One write of the guest, which Spin would make one log record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWrite {
    /// Who wrote it.
    pub source: LogSource,
    /// What was written, with its line ends.
    pub text: String,
}

/// Everything written since the host started; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    writes: Arc<Mutex<Vec<LogWrite>>>,
    echo: bool,
}

impl Logs {
    /// Logs that also go to this process' stdout and stderr as they come, and are not kept.
    pub(crate) fn echoing() -> Self {
        Self {
            echo: true,
            ..Self::default()
        }
    }

    pub(crate) fn read(&self) -> Vec<LogWrite> {
        self.lock().clone()
    }

    pub(crate) fn write(&self, source: LogSource, text: &[u8]) {
        if self.echo {
            // Nobody is left to tell if our own stdout is closed.
            let _ = match source {
                LogSource::Stdout => std::io::stdout().write_all(text),
                LogSource::Stderr | LogSource::Host => std::io::stderr().write_all(text),
            };
            return;
        }
        let text = String::from_utf8_lossy(text).into_owned();
        self.lock().push(LogWrite { source, text });
    }

    /// Notes what became of an instance.
    pub(crate) fn host(&self, message: impl std::fmt::Display) {
        self.write(LogSource::Host, format!("{message}\n").as_bytes());
    }

    /// A standard stream for one instance.
    pub(crate) fn stream(&self, source: LogSource) -> LogStream {
        LogStream {
            logs: self.clone(),
            source,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<LogWrite>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes into the logs at once: what a request has written is there when its response is.
#[derive(Clone)]
pub(crate) struct LogStream {
    logs: Logs,
    source: LogSource,
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.logs.write(self.source, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(usize::MAX)
    }
}

#[async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for LogStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.logs.write(self.source, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
