//! The HTTP server: hyper with Spin's settings, and Spin's own routes.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE, service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use crate::{
    guest::{Body, Guest},
    logs::Logs,
    request,
};

/// Paths that Spin answers itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// One component at one address.
pub(crate) struct Site {
    pub(crate) guest: Guest,
    pub(crate) logs: Logs,
    /// The application's name and version.
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

/// Accepts connections until `stop` comes, then lets the requests that are under way finish.
pub(crate) async fn run(listener: TcpListener, site: Arc<Site>, mut stop: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    // Dropped, and with it all connections, if this function is.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stop => break,
        };
        match accepted {
            Ok((stream, client)) => {
                connections.spawn(connection(
                    stream,
                    client,
                    Arc::clone(&site),
                    graceful.watcher(),
                ));
            }
            Err(error) => site.logs.host(format_args!("cannot accept: {error}")),
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    site: Arc<Site>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let service = service_fn({
        let site = Arc::clone(&site);
        move |request| {
            let site = Arc::clone(&site);
            async move { site.answer(request, client).await }
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        let error = anyhow::Error::from_boxed(error);
        site.logs.host(format_args!("connection lost: {error:#}"));
    }
}

impl Site {
    /// Answers one request. An error closes the connection.
    async fn answer(
        &self,
        mut request: Request<Incoming>,
        client: SocketAddr,
    ) -> anyhow::Result<Response<Body>> {
        if let Some(well_known) = request.uri().path().strip_prefix(WELL_KNOWN) {
            return Ok(self.well_known(well_known));
        }
        request::set_origin(&mut request)?;
        if let Err(error) = request::add_headers(&mut request, client) {
            self.logs.host(format_args!("{error:#}"));
            return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(self.guest.serve(request).await.unwrap_or_else(|error| {
            self.logs.host(format_args!("{error:#}"));
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }))
    }

    fn well_known(&self, path: &str) -> Response<Body> {
        match path {
            "health" => Response::new(full("OK")),
            "info" => {
                let info = match &self.version {
                    Some(version) => json!({ "name": self.name, "version": version }),
                    None => json!({ "name": self.name }),
                };
                let mut response = Response::new(full(format!("{info:#}")));
                let json = hyper::header::HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                response
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = status;
    response
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
