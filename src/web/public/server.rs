//! Connections: how many, their timeouts, and how they end. axum's own server has no deadline for a request's head. Knows no page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::caller::Peer;
use super::guard::Limits;

/// The pause after a failed accept, such as when file descriptors run out.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, each request with the routes current at the time; requests in flight are finished.
pub async fn serve(
    listener: TcpListener,
    routes: watch::Receiver<Router>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let seats = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        let seat = tokio::select! {
            seat = Arc::clone(&seats).acquire_owned() => seat,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let (routes, stop) = (routes.clone(), stop.clone());
                open.spawn(async move {
                    converse(stream, Peer(address), routes, limits, stop).await;
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn converse(
    stream: TcpStream,
    peer: Peer,
    routes: watch::Receiver<Router>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    drop(stream.set_nodelay(true));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let now = routes.borrow().clone();
        TowerToHyperService::new(now).call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(limits.head);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    // How a client ends a connection does not matter.
    let ended = tokio::select! {
        _ = connection.as_mut() => true,
        _ = stop.wait_for(|stop| *stop) => false,
        // A client that never stops sending, or reads no answer, loses its connection.
        () = tokio::time::sleep(limits.life) => false,
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        drop(tokio::time::timeout(limits.grace, connection).await);
    }
}
