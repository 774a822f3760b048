//! What may stand between a client and its server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What it does to connections.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Keeps to itself what a watch answers, headers and all.
    Holding,
    /// Once the switch is on: connections that are open carry nothing any more, and stay open. New ones work.
    Stalling(Arc<AtomicBool>),
}

/// A proxy in front of a server. A test that ends before it has kept anything to itself has shown nothing, and fails.
pub(crate) struct Middle {
    pub(crate) url: String,
    kept: Arc<AtomicBool>,
}

impl Drop for Middle {
    fn drop(&mut self) {
        let has_kept = self.kept.load(Ordering::SeqCst);
        assert!(has_kept || std::thread::panicking(), "nothing was kept back");
    }
}

/// Starts a proxy in front of a server.
pub(crate) async fn between(server: SocketAddr, manner: Manner) -> Middle {
    let kept = Arc::new(AtomicBool::new(false));
    let keeps = kept.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            tokio::spawn(pass(client, server, manner.clone(), keeps.clone()));
        }
    });
    Middle {
        url: format!("http://{address}"),
        kept,
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, manner: Manner, kept: Arc<AtomicBool>) {
    match manner {
        Manner::Holding => hold(client, server, kept).await,
        // A connection that was opened after the others had stalled is a new one.
        Manner::Stalling(stalled) if stalled.load(Ordering::SeqCst) => {
            drop(copy_bidirectional(&mut client, &mut server).await);
        }
        Manner::Stalling(stalled) => {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let up = stall(&mut from_client, &mut to_server, &stalled, &kept);
            let down = stall(&mut from_server, &mut to_client, &stalled, &kept);
            tokio::join!(up, down);
        }
    }
}

async fn stall(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    stalled: &AtomicBool,
    kept: &AtomicBool,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if stalled.load(Ordering::SeqCst) {
            kept.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    drop(to.shutdown().await);
}

async fn hold(client: TcpStream, server: TcpStream, has_kept: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let watching = Arc::new(AtomicBool::new(false));
    let seen = watching.clone();
    let down = async move {
        let (mut buffer, mut kept) = (vec![0; 65536], Vec::new());
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            kept.extend_from_slice(&buffer[..read]);
            if seen.load(Ordering::SeqCst) {
                has_kept.store(true, Ordering::SeqCst);
            } else {
                to_client.write_all(&std::mem::take(&mut kept)).await.ok();
            }
        }
        to_client.write_all(&kept).await.ok();
        drop(to_client.shutdown().await);
    };
    let up = async move {
        let mut buffer = vec![0; 65536];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
            if text.lines().next().is_some_and(|line| line.contains("watch=")) {
                watching.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
        drop(to_server.shutdown().await);
    };
    tokio::join!(down, up);
}
