//! Connections: TLS, then HTTP/2, each as a task of its own.

use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::listener::Listener;
use crate::service::Service;

/// How long a client may take over its part of the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait before accepting again, when the system has no file handles left.
const PAUSE: Duration = Duration::from_millis(100);

/// A plan carries prior state, proposed state and configuration: windows of this size let it pass without waiting.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
const MAX_FRAME_SIZE: u32 = 1 << 20;
/// More calls than any `-parallelism` makes at once.
const MAX_STREAMS: u32 = 10_000;

/// Accepts connections until `shutdown` fires, and returns when the last has ended.
pub(super) async fn serve(
    listener: &Listener,
    tls: Option<TlsAcceptor>,
    service: Service,
    shutdown: &CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let stream = tokio::select! {
            stream = listener.accept() => stream,
            () = shutdown.cancelled() => break,
        };
        match stream {
            Ok(stream) => {
                let (tls, service, shutdown) = (tls.clone(), service.clone(), shutdown.clone());
                connections.spawn(async move {
                    match tls {
                        Some(tls) => secure(stream, tls, service, shutdown).await,
                        None => speak(Box::new(stream), service, shutdown).await,
                    }
                });
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

async fn secure<S>(stream: S, tls: TlsAcceptor, service: Service, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let accepted = tokio::select! {
        accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => accepted,
        () = shutdown.cancelled() => return,
    };
    match accepted {
        Ok(Ok(stream)) => speak(Box::new(stream), service, shutdown).await,
        Ok(Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "refused a client"),
        Err(_) => tracing::warn!("refused a client that did not complete the TLS handshake"),
    }
}

/// A connection of any kind, so that there is one HTTP/2 for those with TLS and those without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn speak(stream: Box<dyn Stream>, service: Service, shutdown: CancellationToken) {
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME_SIZE)
        .max_concurrent_streams(MAX_STREAMS)
        .max_send_buf_size(MAX_FRAME_SIZE as usize)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
    }
}
