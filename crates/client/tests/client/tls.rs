//! TLS: a private authority, client certificates from wherever they come, server names, and no verification at all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datum_client::config::{Auth, Config, Exec, InCluster, Kubeconfig, Retries, Setting, Target, Tls, Verification};
use datum_client::error::{Kind, Reach, TlsFailure};
use datum_client::{Client, Error};
use datum_model::id::WorkloadId;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::server::workload;

/// A certificate authority of the test's own.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: rustls::pki_types::CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Identity {
    /// Serves TLS with this certificate, to anybody.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        install_provider();
        let key = PrivateKeyDer::try_from(self.key_der.clone()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        TlsAcceptor::from(Arc::new(config.with_single_cert(vec![self.der.clone()], key).unwrap()))
    }
}

/// Starts a server that shows this certificate and answers with a Workload, and returns its URL.
pub(crate) async fn serving(identity: &Identity) -> String {
    let acceptor = identity.acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let answer = service_fn(|_: http::Request<hyper::body::Incoming>| {
                let body = Full::new(bytes::Bytes::from(workload("web").to_string()));
                async { Ok::<_, std::convert::Infallible>(http::Response::new(body)) }
            });
            let served = hyper::server::conn::http1::Builder::new();
            tokio::spawn(async move { drop(served.serve_connection(TokioIo::new(stream), answer).await) });
        }
    });
    format!("https://{address}")
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self, names: &[&str], usage: ExtendedKeyUsagePurpose) -> Identity {
        self.issue_until(4096, names, usage)
    }

    /// A certificate that is valid until this year begins.
    pub(crate) fn issue_until(&self, year: i32, names: &[&str], usage: ExtendedKeyUsagePurpose) -> Identity {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        }
    }

    /// A server's certificate that nobody else has signed, and that says it is an authority, as `openssl req -x509` makes it.
    pub(crate) fn serving_itself(names: &[&str]) -> Identity {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        }
    }

    pub(crate) fn client(&self) -> Identity {
        self.issue(&["somebody"], ExtendedKeyUsagePurpose::ClientAuth)
    }
}

/// A TLS server that answers with a Workload, and notes who presented a certificate and which token.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<(bool, String)>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// A server whose certificate carries these names, and that asks for a client certificate of that authority.
    pub(crate) async fn start(authority: &Authority, names: &[&str]) -> Self {
        let identity = authority.issue(names, ExtendedKeyUsagePurpose::ServerAuth);
        Self::showing(identity, authority).await
    }

    /// A server with this certificate, that asks for a client certificate of that authority.
    pub(crate) async fn showing(identity: Identity, authority: &Authority) -> Self {
        install_provider();
        let mut roots = RootCertStore::empty();
        let anchor = rustls::pki_types::pem::PemObject::from_pem_slice(authority.pem.as_bytes()).unwrap();
        roots.add(anchor).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
            .allow_unauthenticated()
            .build()
            .unwrap();
        let key = PrivateKeyDer::try_from(identity.key_der).unwrap();
        let config = ServerConfig::builder().with_client_cert_verifier(verifier);
        let config = config.with_single_cert(vec![identity.der], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let (record, accepted) = (seen.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, record) = (acceptor.clone(), record.clone());
                tokio::spawn(async move {
                    // A client that does not trust us leaves in the middle of the handshake.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let presented = stream.get_ref().1.peer_certificates().is_some();
                    let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                        let token = request
                            .headers()
                            .get("authorization")
                            .map(|value| value.to_str().unwrap());
                        record
                            .lock()
                            .unwrap()
                            .push((presented, token.unwrap_or_default().to_owned()));
                        let body = Full::new(bytes::Bytes::from(workload("web").to_string()));
                        async { Ok::<_, std::convert::Infallible>(http::Response::new(body)) }
                    });
                    let served = hyper::server::conn::http1::Builder::new();
                    drop(served.serve_connection(TokioIo::new(stream), answer).await);
                });
            }
        });
        Self {
            address,
            seen,
            connections,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<(bool, String)> {
        self.seen.lock().unwrap().clone()
    }
}

/// What a program's `main` does before it connects.
pub(crate) fn install_provider() {
    // Another test of this process may have installed it.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

fn config(url: &str, tls: Tls) -> Config {
    install_provider();
    Config {
        tls,
        retries: Retries::NONE,
        ..Config::new(Target::Host(url.to_owned()))
    }
}

fn trusting(authority: &Authority) -> Tls {
    Tls {
        ca: Some(authority.pem.clone()),
        ..Tls::SYSTEM
    }
}

async fn get(config: Config) -> Result<(), Error> {
    let web: WorkloadId = "project-shop/web".parse().unwrap();
    Client::connect(config).await.unwrap().get(&web).await.map(drop)
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_named() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["127.0.0.1"]).await;
    get(config(&server.url(), trusting(&authority))).await.unwrap();
    let packed = Tls {
        ca: Some(STANDARD.encode(&authority.pem)),
        ..Tls::SYSTEM
    };
    get(config(&server.url(), packed)).await.unwrap();

    let error = get(config(&server.url(), trusting(&Authority::new("theirs"))))
        .await
        .unwrap_err();
    assert!(
        error.is_unavailable() && error.to_string().contains("certificate"),
        "{error}"
    );
}

#[tokio::test]
async fn distrust_is_not_repeated() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["127.0.0.1"]).await;
    let retries = Retries {
        first_pause: std::time::Duration::from_millis(1),
        ..Retries::STANDARD
    };
    let config = Config {
        retries,
        ..config(&server.url(), trusting(&Authority::new("theirs")))
    };
    assert!(get(config).await.unwrap_err().is_untrusted());
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn verification_can_be_switched_off_and_a_name_overridden() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["api.internal"]).await;
    get(config(&server.url(), trusting(&authority))).await.unwrap_err();
    let named = Tls {
        server_name: Some("api.internal".into()),
        ..trusting(&authority)
    };
    get(config(&server.url(), named)).await.unwrap();
    get(config(
        &server.url(),
        Tls {
            verification: Some(Verification::Insecure),
            ..Tls::SYSTEM
        },
    ))
    .await
    .unwrap();
}

#[tokio::test]
async fn a_client_certificate_is_presented() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["127.0.0.1"]).await;
    let identity = authority.client();
    let plain = Auth::ClientCertificate {
        certificate: identity.certificate.clone(),
        key: identity.key.clone().into(),
    };
    let packed = Auth::ClientCertificate {
        certificate: STANDARD.encode(&identity.certificate),
        key: STANDARD.encode(&identity.key).into(),
    };
    for auth in [Some(plain), Some(packed), None] {
        get(Config {
            auth,
            ..config(&server.url(), trusting(&authority))
        })
        .await
        .unwrap();
    }
    let presented: Vec<_> = server.seen().iter().map(|(presented, _)| *presented).collect();
    assert_eq!(presented, [true, true, false]);
}

#[tokio::test]
async fn certificates_that_cannot_work_are_told_without_the_key() {
    let identity = Authority::new("ours").client();
    let auth = |certificate: &str, key: &str| Auth::ClientCertificate {
        certificate: certificate.to_owned(),
        key: key.to_owned().into(),
    };
    let broken = "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----";
    let cases = [
        (auth("nonsense", &identity.key), Setting::ClientCertificate),
        (auth(&identity.key, &identity.key), Setting::ClientCertificate),
        (auth(&identity.certificate, "s3cret"), Setting::ClientKey),
        (auth(&identity.certificate, broken), Setting::ClientKey),
        (auth(&identity.certificate, &identity.certificate), Setting::ClientKey),
    ];
    for (auth, setting) in cases {
        let config = Config {
            auth: Some(auth),
            ..config("https://127.0.0.1:1", Tls::SYSTEM)
        };
        let error = Client::connect(config).await.unwrap_err();
        assert_eq!(error.setting(), setting, "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let tls = Tls {
        ca: Some("nonsense".into()),
        ..Tls::SYSTEM
    };
    assert_eq!(
        Client::connect(config("https://127.0.0.1:1", tls))
            .await
            .unwrap_err()
            .setting(),
        Setting::Ca
    );
    let tls = Tls {
        server_name: Some("not a name".into()),
        verification: Some(Verification::Insecure),
        ca: None,
    };
    assert_eq!(
        Client::connect(config("https://127.0.0.1:1", tls))
            .await
            .unwrap_err()
            .setting(),
        Setting::ServerName
    );
}

#[tokio::test]
async fn a_kubeconfig_brings_authority_and_identity_by_file_or_by_data() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["api.internal"]).await;
    let identity = authority.client();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", &authority.pem);
    write("client.pem", &identity.certificate);
    write("client.key", &identity.key);
    let by_file = json!([
        { "server": server.address.to_string(), "certificate-authority": "ca.pem", "tls-server-name": "api.internal" },
        { "client-certificate": "client.pem", "client-key": "client.key" },
    ]);
    let by_data = json!([
        {
            "server": server.url(), "certificate-authority-data": STANDARD.encode(&authority.pem),
            "tls-server-name": "api.internal",
        },
        {
            "client-certificate-data": STANDARD.encode(&identity.certificate),
            "client-key-data": STANDARD.encode(&identity.key),
        },
    ]);
    let insecure = json!([{ "server": server.url(), "insecure-skip-tls-verify": true }, { "token": "t" }]);
    for pair in [by_file, by_data, insecure] {
        let text = json!({
            "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": pair[0] }], "users": [{ "name": "u", "user": pair[1] }],
        });
        write("config", &text.to_string());
        let wanted = Kubeconfig {
            paths: vec![folder.path().join("config")],
            ..Kubeconfig::default()
        };
        get(Config {
            retries: Retries::NONE,
            ..Config::new(Target::Kubeconfig(wanted))
        })
        .await
        .unwrap();
    }
    assert_eq!(
        server.seen(),
        [(true, String::new()), (true, String::new()), (false, "Bearer t".into())]
    );
}

#[tokio::test]
async fn a_pods_service_account_is_enough() {
    let authority = Authority::new("cluster");
    let server = Server::start(&authority, &["127.0.0.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("ca.crt", authority.pem.as_str()),
        ("token", "pod-token\n"),
        ("namespace", "project-shop\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let pod = InCluster {
        server: server.address.to_string(),
        directory: folder.path().to_owned(),
    };
    let client = Client::connect(Config::new(Target::InCluster(pod))).await.unwrap();
    assert_eq!(client.default_namespace(), Some("project-shop"));
    client.get(&"project-shop/web".parse().unwrap()).await.unwrap();
    assert_eq!(server.seen(), [(false, "Bearer pod-token".to_owned())]);
}

#[cfg(unix)]
#[tokio::test]
async fn an_exec_program_may_print_a_client_certificate() {
    let authority = Authority::new("ours");
    let server = Server::start(&authority, &["127.0.0.1"]).await;
    let identity = authority.client();
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("credential.json");
    let version = "client.authentication.k8s.io/v1";
    let status = json!({ "clientCertificateData": identity.certificate, "clientKeyData": identity.key });
    let credential = json!({ "kind": "ExecCredential", "apiVersion": version, "status": status });
    std::fs::write(&printed, credential.to_string()).unwrap();
    let exec = Exec {
        api_version: version.into(),
        command: "cat".into(),
        args: vec![printed.display().to_string()],
        env: Vec::new(),
        install_hint: None,
    };
    get(Config {
        auth: Some(Auth::Exec(exec)),
        ..config(&server.url(), trusting(&authority))
    })
    .await
    .unwrap();
    assert_eq!(server.seen(), [(true, String::new())]);
}

/// Accepts connections and does this with each.
async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

async fn tls_server(acceptor: TlsAcceptor) -> SocketAddr {
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            // The client is told by an alert, which it gets whether or not the handshake ends well.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                drop(tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1024]).await);
            }
        }
    })
    .await
}

#[tokio::test]
async fn why_one_side_does_not_trust_the_other_is_told_apart() {
    install_provider();
    let ours = Authority::new("ours");
    let server = |year, name| {
        ours.issue_until(year, &[name], ExtendedKeyUsagePurpose::ServerAuth)
            .acceptor()
    };
    let mut roots = RootCertStore::empty();
    roots
        .add(rustls::pki_types::pem::PemObject::from_pem_slice(ours.pem.as_bytes()).unwrap())
        .unwrap();
    let demanding = {
        let identity = ours.issue(&["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
        let key = PrivateKeyDer::try_from(identity.key_der).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
        let config = ServerConfig::builder().with_client_cert_verifier(verifier);
        TlsAcceptor::from(Arc::new(config.with_single_cert(vec![identity.der], key).unwrap()))
    };
    let expired = ours.issue_until(2001, &["somebody"], ExtendedKeyUsagePurpose::ClientAuth);
    let expired = Auth::ClientCertificate {
        certificate: expired.certificate,
        key: expired.key.into(),
    };
    let plain = listen(|mut stream| async move {
        let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        drop(tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await);
        drop(tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1024]).await);
    })
    .await;
    let theirs = Authority::new("theirs");
    let good = tls_server(server(4096, "127.0.0.1")).await;
    let demanding = tls_server(demanding).await;
    let cases = [
        (good, &theirs, None, TlsFailure::UnknownAuthority),
        (
            tls_server(server(4096, "api.internal")).await,
            &ours,
            None,
            TlsFailure::NameMismatch,
        ),
        (
            tls_server(server(2001, "127.0.0.1")).await,
            &ours,
            None,
            TlsFailure::Expired,
        ),
        (demanding, &ours, None, TlsFailure::ClientRejected),
        (demanding, &ours, Some(expired), TlsFailure::ClientRejected),
        (plain, &ours, None, TlsFailure::NotTls),
    ];
    for (address, authority, auth, expected) in cases {
        let config = Config {
            auth,
            ..config(&format!("https://{address}"), trusting(authority))
        };
        let error = get(config).await.unwrap_err();
        assert!(
            error.is_untrusted() && error.is_unavailable(),
            "{expected:?}: {error:?}"
        );
        let Kind::Connection { reach, message } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(*reach, Reach::Untrusted(expected), "{message}");
    }
}
