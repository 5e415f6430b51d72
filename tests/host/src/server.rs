//! The HTTP server: hyper with Spin's settings.

use std::{net::SocketAddr, sync::Arc};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use crate::site::Site;

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
