//! The service on real sockets: clients that are slow, vanish, send too much, or want TLS.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use pca_local::{AdminToken, PcaLocal, Server, Tls};
use testkit::pca::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

const SOON: Duration = Duration::from_millis(100);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Running {
    async fn start(service: &PcaLocal, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let names = ["pca.test".to_owned()];
        let mut server = Server::new(listener).head_patience(SOON).allow_hosts(names);
        if let Some(tls) = tls {
            server = server.tls(tls);
        }
        let router = service.router();
        let ended = tokio::spawn(server.serve(router, async {
            let _ = stopped.await;
        }));
        Self { address, stop, ended }
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Everything that is answered until the service closes the connection.
    async fn answer(&self, text: &str) -> String {
        read(self.send(text).await).await
    }
}

async fn read(mut stream: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

const HEALTH: &str =
    "GET /_pca-local/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn call(length: usize, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\
         x-amz-target: ACMPrivateCA.ListCertificateAuthorities\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_hung_up_on() {
    let running = Running::start(&service(), None).await;
    for start in ["", "GET /_pca-local/health HTTP/1.1\r\nhost: localhost\r\n"] {
        let answer = running.answer(start).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    assert!(running.answer(HEALTH).await.starts_with("HTTP/1.1 200"), "others are still served");
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_body_is_told_so() {
    let service = builder().body_patience(SOON).build();
    let running = Running::start(&service, None).await;
    let answer = running.answer(&call(10, "{")).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("RequestTimeoutException"), "{answer}");
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_nothing_behind() {
    let running = Running::start(&service(), None).await;
    for text in ["", "GET /", &call(10, "{"), &call(2, "{}"), "\0\u{1}\u{2}"] {
        drop(running.send(text).await);
    }
    assert!(running.answer(HEALTH).await.starts_with("HTTP/1.1 200"));
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
}

#[tokio::test]
async fn what_is_too_large_or_no_http_is_refused() {
    let running = Running::start(&service(), None).await;
    let answer = running.answer(&call(5_000_000, "")).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("RequestEntityTooLargeException"), "{answer}");
    let answer = running.answer("\r\n\r\nthis is no HTTP\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // The service may hang up before all of it is sent.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"));
}

#[tokio::test]
async fn the_service_stops_although_somebody_listens_to_its_events() {
    let running = Running::start(&service(), None).await;
    let get = "GET /_pca-local/events/stream HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut listening = running.send(get).await;
    let mut start = [0; 12];
    listening.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn tls_is_spoken_to_who_trusts_the_ca_and_nothing_else_is() {
    let (tls, ca) = Tls::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let running = Running::start(&service(), Some(tls)).await;
    let connect = async |trusted: &str, name: &'static str| {
        let stream = TcpStream::connect(running.address).await.unwrap();
        connector(trusted).connect(name.try_into().unwrap(), stream).await
    };
    for name in ["localhost", "127.0.0.1"] {
        let mut stream = connect(&ca, name).await.unwrap();
        stream.write_all(HEALTH.as_bytes()).await.unwrap();
        assert!(read(stream).await.starts_with("HTTP/1.1 200"), "{name}");
    }
    assert!(connect(&ca, "elsewhere.example").await.is_err());
    let (_, another) = Tls::self_signed(&["localhost".to_owned()]).unwrap();
    assert!(connect(&another, "localhost").await.is_err());
    let answer = running.answer(HEALTH).await;
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
}

fn connector(trusted: &str) -> tokio_rustls::TlsConnector {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

/// The status of each request, whose Host header and others are given.
async fn statuses(running: &Running, requests: &[(&str, &str, &str)]) -> Vec<String> {
    let mut statuses = Vec::new();
    for (request, host, more) in requests {
        let text = format!(
            "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 2\r\n\
             x-amz-target: ACMPrivateCA.ListCertificateAuthorities\r\n{more}\r\n{{}}"
        );
        statuses.push(running.answer(&text).await.get(9..12).unwrap_or_default().to_owned());
    }
    statuses
}

/// A page whose name was rebound to this address sends its own name, on every path.
#[tokio::test]
async fn a_host_that_is_not_ours_gets_nothing() {
    let running = Running::start(&service(), None).await;
    let (port, elsewhere) = (running.address.port(), "origin: http://evil.example\r\n");
    let ours = format!("127.0.0.1:{port}");
    let paths = [
        "POST /",
        "GET /_pca-local/state",
        "GET /_pca-local/health",
        "GET /_pca-local/",
        "POST /_pca-local/reset",
        "POST /ocsp",
    ];
    let hosts = ["evil.example", "evil.example:4567", "localhost.evil.example", "10.1.2.3", "a"];
    for path in paths {
        for host in hosts {
            assert_eq!(statuses(&running, &[(path, host, "")]).await, ["403"], "{path} {host}");
        }
        for host in [ours.as_str(), "localhost", "[::1]:1", "pca.test:80", "crls.localhost"] {
            let got = statuses(&running, &[(path, host, "")]).await;
            assert!(got[0].starts_with('2'), "{path} {host}: {got:?}");
        }
        if path.starts_with("POST") {
            let cross = [(path, ours.as_str(), elsewhere)];
            assert_eq!(statuses(&running, &cross).await, ["403"], "{path}");
        }
    }
    let absolute = [("GET http://evil.example/_pca-local/state", "localhost", "")];
    assert_eq!(statuses(&running, &absolute).await, ["403"]);
    let twice = [("GET /_pca-local/state", "localhost", "host: evil.example\r\n")];
    assert_ne!(statuses(&running, &twice).await, ["200"]);
}

#[tokio::test]
async fn with_a_token_only_its_bearer_gets_at_what_is_not_awss() {
    let service = builder().admin_token(AdminToken::new("s3cret")).build();
    let running = Running::start(&service, None).await;
    let right = "authorization: Bearer s3cret\r\n";
    for (request, without) in [
        ("GET /_pca-local/state", "401"),
        ("GET /_pca-local/clock", "401"),
        ("GET /_pca-local/", "401"),
        ("POST /_pca-local/reset", "401"),
        ("GET /_pca-local/health", "200"),
        ("POST /", "200"),
    ] {
        let wrong = "authorization: Bearer s3cre\r\n";
        let requests = [
            (request, "localhost", ""),
            (request, "localhost", wrong),
            (request, "localhost", right),
        ];
        let got = statuses(&running, &requests).await;
        assert_eq!(got[..2], [without, without], "{request}");
        assert!(got[2].starts_with('2'), "{request}: {got:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_pca-local"))
        .args(["--listen", &address])
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    let want = format!(
        "pca-local: cannot listen on {address}: another process does: stop it, or choose another \
         --listen (port 0 is any that is free)\n"
    );
    assert_eq!(String::from_utf8(said.stderr).unwrap(), want);
}
