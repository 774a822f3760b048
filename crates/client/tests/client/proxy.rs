//! Proxies: HTTP and SOCKS, with and without a password, and the servers that are reached without one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use datum_client::config::{Config, Kubeconfig, Proxy, Setting, Target, Tls};
use datum_client::{Client, Error};
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::json;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{Server, workload};
use crate::tls::{Authority, install_provider};

/// A proxy that notes where it was asked to connect, and with which credentials.
struct Relay {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    async fn start<F>(serve: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let record = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, record.clone()));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// HTTP CONNECT (RFC 9110, section 9.3.6).
async fn connect(stream: impl AsyncRead + AsyncWrite + Unpin, asked: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    connect_to(None, stream, asked).await
}

/// The same, where names resolve to this address.
async fn connect_to(
    address: Option<SocketAddr>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let target = lines[0].split(' ').nth(1).unwrap().to_owned();
    let login = lines
        .iter()
        .find(|line| line.to_lowercase().starts_with("proxy-authorization"));
    asked
        .lock()
        .unwrap()
        .push(format!("{} {}", lines[0], login.map_or("", |line| line)));
    let mut server = match address {
        Some(address) => TcpStream::connect(address).await?,
        None => TcpStream::connect(target).await?,
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

/// SOCKS5 (RFC 1928) with user and password (RFC 1929) when they are offered.
async fn socks(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await?;
    let mut methods = vec![0; head[1].into()];
    stream.read_exact(&mut methods).await?;
    let mut login = String::new();
    if methods.contains(&2) {
        stream.write_all(&[5, 2]).await?;
        stream.read_u8().await?;
        for _ in 0..2 {
            let mut text = vec![0; stream.read_u8().await?.into()];
            stream.read_exact(&mut text).await?;
            login = format!("{login} {}", String::from_utf8(text).unwrap());
        }
        stream.write_all(&[1, 0]).await?;
    } else {
        stream.write_all(&[5, 0]).await?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    assert_eq!(request[3], 1, "the tests' servers have IPv4 addresses");
    let (mut ip, mut port) = ([0; 4], [0; 2]);
    stream.read_exact(&mut ip).await?;
    stream.read_exact(&mut port).await?;
    let target = SocketAddr::from((ip, u16::from_be_bytes(port)));
    asked.lock().unwrap().push(format!("{target}{login}"));
    let mut server = TcpStream::connect(target).await?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

async fn get(config: Config) -> Result<(), Error> {
    let web = "project-shop/web".parse().unwrap();
    Client::connect(config).await.unwrap().get(&web).await.map(drop)
}

fn through(server: &Server, url: String) -> Config {
    Config {
        proxy: Some(Proxy::Named(url)),
        ..server.config()
    }
}

#[tokio::test]
async fn an_http_proxy_is_used_with_and_without_a_password() {
    let server = Server::answering([(200, workload("web"))]).await;
    let relay = Relay::start(connect).await;
    let address = server.address;
    get(through(&server, relay.address.to_string())).await.unwrap();
    get(through(&server, format!("http://me:p%40ss@{}", relay.address)))
        .await
        .unwrap();
    assert_eq!(
        relay.asked().iter().map(|line| line.to_lowercase()).collect::<Vec<_>>(),
        [
            format!("connect {address} http/1.1 "),
            format!("connect {address} http/1.1 proxy-authorization: basic bwu6cebzcw=="),
        ]
    );
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_unless_the_server_is_excepted() {
    let server = Server::answering([(200, workload("web"))]).await;
    let address = server.address;
    let relay = Relay::start(move |stream, asked| connect_to(Some(address), stream, asked)).await;
    let environment = |no_proxy: Option<&str>| Proxy::Environment {
        http: Some(format!("http://{}", relay.address)),
        https: None,
        no_proxy: no_proxy.map(str::to_owned),
    };
    let config = |target: String, no_proxy| Config {
        target: Target::Host(target),
        proxy: Some(environment(no_proxy)),
        ..server.config()
    };
    get(config("http://api.invalid:8080".into(), Some("example.com")))
        .await
        .unwrap();
    get(config(server.url(), None)).await.unwrap();
    assert_eq!(relay.asked(), ["CONNECT api.invalid:8080 HTTP/1.1 "]);
    let error = get(config("http://api.invalid:8080".into(), Some(".invalid")))
        .await
        .unwrap_err();
    assert!(
        error.is_unavailable() && error.to_string().contains("api.invalid"),
        "{error}"
    );
}

/// A proxy that is itself reached over TLS.
#[tokio::test]
async fn an_https_proxy_is_used() {
    install_provider();
    let server = Server::answering([(200, workload("web"))]).await;
    let authority = Authority::new("proxy");
    let identity = authority.issue(&["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
    let acceptor = identity.acceptor();
    let relay = Relay::start(move |stream, asked| {
        let acceptor = acceptor.clone();
        async move { connect(acceptor.accept(stream).await?, asked).await }
    })
    .await;
    let tls = Tls {
        ca: Some(authority.pem),
        ..Tls::SYSTEM
    };
    let config = through(&server, format!("https://{}", relay.address));
    get(Config { tls, ..config }).await.unwrap();
    assert_eq!(relay.asked().len(), 1);
}

#[tokio::test]
async fn a_socks_proxy_is_used() {
    let server = Server::answering([(200, workload("web"))]).await;
    let relay = Relay::start(socks).await;
    get(through(&server, format!("socks5://{}", relay.address)))
        .await
        .unwrap();
    get(through(&server, format!("socks5://me:p%40ss@{}", relay.address)))
        .await
        .unwrap();
    assert_eq!(
        relay.asked(),
        [server.address.to_string(), format!("{} me p@ss", server.address)]
    );
}

#[tokio::test]
async fn a_kubeconfigs_proxy_is_used_unless_another_is_named() {
    let server = Server::answering([(200, workload("web"))]).await;
    let (theirs, ours) = (Relay::start(connect).await, Relay::start(connect).await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let cluster = json!({ "server": server.url(), "proxy-url": format!("http://{}", theirs.address) });
    let text = json!({ "clusters": [{ "name": "c", "cluster": cluster }] });
    std::fs::write(&path, text.to_string()).unwrap();
    let wanted = Kubeconfig {
        paths: vec![path],
        cluster: Some("c".into()),
        ..Kubeconfig::default()
    };
    let config = Config::new(Target::Kubeconfig(wanted));
    get(config.clone()).await.unwrap();
    let of_all = Proxy::Environment {
        http: Some("http://127.0.0.1:1".into()),
        https: None,
        no_proxy: Some("*".into()),
    };
    for proxy in [of_all, Proxy::Named(format!("http://{}", ours.address))] {
        let config = Config {
            proxy: Some(proxy),
            ..config.clone()
        };
        get(config).await.unwrap();
    }
    assert_eq!((theirs.asked().len(), ours.asked().len()), (2, 1));
}

#[tokio::test]
async fn a_proxy_that_cannot_work_is_told_without_its_password() {
    let server = Server::start(|_| panic!("nothing is sent")).await;
    for url in ["ftp://me:s3cret@proxy", "http://me:s3cret@pro xy"] {
        let config = through(&server, url.into());
        assert!(!format!("{config:?}").contains("s3cret"));
        let error = Client::connect(config).await.unwrap_err();
        assert_eq!(error.setting(), Setting::Proxy);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
