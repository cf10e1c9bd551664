//! Against a server with prepared answers, on a port of its own.

use std::ops::ControlFlow;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// Answers each request with the next answer; the requests' first lines and hosts are kept.
async fn server(answers: Vec<String>) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let line = request.lines().next().unwrap_or_default().to_owned();
            let host = request.lines().find_map(|line| line.strip_prefix("host: "));
            asked.push(format!("{} {line}", host.unwrap_or_default()));
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    (address, served)
}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

async fn fetch(distribution: &HttpDistribution, url: &str, limit: u64) -> (Download, Vec<u8>) {
    let mut body = Vec::new();
    let mut sink = |piece: &[u8]| {
        body.extend_from_slice(piece);
        ControlFlow::Continue(())
    };
    let download = distribution.fetch(url, limit, &mut sink).await;
    (download, body)
}

const URL: &str = "http://crl.example.com/crl/1.crl";

#[tokio::test]
async fn a_crl_is_fetched_with_the_headers_that_matter() {
    let headers = "Content-Type: application/pkix-crl\r\nCache-Control: max-age=60\r\nAge: 5\r\n";
    let (address, served) = server(vec![ok(headers, "crl")]).await;
    let (download, body) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 3).await;
    assert_eq!(body, b"crl");
    let headers = download.result.unwrap();
    assert_eq!(headers.content_type.as_deref(), Some("application/pkix-crl"));
    assert_eq!(headers.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!((headers.age.as_deref(), headers.expires), (Some("5"), None));
    assert_eq!(served.await.unwrap(), ["crl.example.com GET /crl/1.crl HTTP/1.1"]);
}

#[tokio::test]
async fn an_encoded_body_is_named_and_not_read() {
    for (headers, want) in [
        ("Content-Encoding: br\r\n", Some("br")),
        ("Content-Encoding: gzip, gzip\r\n", Some("gzip")),
        ("Content-Encoding: identity, BR\r\n", Some("BR")),
        ("Content-Encoding: Identity\r\n", None),
        ("Content-Encoding:\r\n", None),
    ] {
        let (address, _served) = server(vec![ok(headers, "crl")]).await;
        let (download, body) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 3).await;
        let error = want.map(|coding| DownloadError::Encoded { coding: coding.to_owned() });
        assert_eq!(download.result.err(), error, "{headers}");
        assert_eq!(body.is_empty(), want.is_some(), "{headers}");
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, content).unwrap();
    encoder.finish().unwrap()
}

/// Bytes, of which some are not UTF-8.
async fn of_bytes(headers: &str, body: &[u8]) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    let answer = [head.as_bytes(), body].concat();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut vec![0; 4096]).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    });
    (address, served)
}

/// The last byte of gzip is one of the content's length.
#[tokio::test]
async fn a_gzip_body_is_decoded_within_the_limit() {
    let whole = gzip(b"a CRL, a CRL, a CRL");
    let bomb = gzip(&[0; 100_000]);
    let broken = DownloadError::EncodedBadly { coding: "gzip".to_owned() };
    let cut = &whole[..whole.len() - 1];
    for (name, body, want) in [
        ("whole", &whole[..], Ok(())),
        ("cut", cut, Err(broken.clone())),
        ("none", b"a CRL", Err(broken)),
        ("much", &bomb, Err(DownloadError::TooLarge { limit: 1000 })),
    ] {
        let (address, _served) = of_bytes("Content-Encoding: GZIP\r\n", body).await;
        let (download, body) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 1000).await;
        match want {
            Ok(()) => {
                assert_eq!(download.result.unwrap().decoded.as_deref(), Some("gzip"), "{name}");
                assert_eq!(body, b"a CRL, a CRL, a CRL", "{name}");
            }
            Err(error) => assert_eq!(download.result, Err(error), "{name}"),
        }
        assert!(body.len() <= 1000, "{name}");
    }
}

#[tokio::test]
async fn redirects_are_followed_three_times_within_and_between_hosts() {
    let answers = [to("../a"), to("//other.example.com/b"), to("http://third.example.com/c?d=e")];
    let with = |last: String| answers.iter().cloned().chain([last]).collect::<Vec<_>>();
    let (address, served) = server(with(ok("", "crl"))).await;
    let (download, body) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 9).await;
    assert!(download.result.is_ok() && body == b"crl");
    let want = [
        "http://crl.example.com/a",
        "http://other.example.com/b",
        "http://third.example.com/c?d=e",
    ];
    assert_eq!(download.redirects, want);
    let asked = served.await.unwrap();
    assert_eq!(asked[3], "third.example.com GET /c?d=e HTTP/1.1");
    let (address, _served) = server(with(to("/again"))).await;
    let (download, _) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 9).await;
    assert_eq!(download.result, Err(DownloadError::TooManyRedirects { limit: 3 }));
}

#[tokio::test]
async fn what_is_not_served_by_plain_http_is_named() {
    for (answer, want) in [
        (to("https://crl.example.com/1.crl"), "is not fetched by plain http"),
        (to("ftp://x/1.crl"), "is not fetched by plain http"),
        (to("http://user@x/1.crl"), "is not a URL that can be fetched"),
        (to("http://x:99999/1.crl"), "is not a URL that can be fetched"),
        (to("http://x:0/1.crl"), "is not a URL that can be fetched"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned(), "the answer was 403"),
        ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_owned(), "the answer was 302"),
        (ok("", "much too long"), "the body is over 9 bytes"),
        ("nonsense\r\n\r\n".to_owned(), "cannot be reached"),
    ] {
        let (address, _served) = server(vec![answer]).await;
        let (download, _) = fetch(&HttpDistribution::new(Route::Via(address)), URL, 9).await;
        let error = download.result.unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
}

/// The one that matters most: nothing listens there, and nothing is even tried.
#[tokio::test]
async fn private_addresses_are_refused_before_and_after_resolution() {
    let distribution = HttpDistribution::new(Route::Public);
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9/x",
        "http://localhost/x",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://2130706433/x",
    ] {
        let (download, _) = fetch(&distribution, url, 9).await;
        let error = download.result.unwrap_err();
        assert!(
            matches!(
                error,
                DownloadError::ForbiddenAddress { .. } | DownloadError::Unreachable { .. }
            ),
            "{url}: {error}"
        );
    }
    let (download, _) = fetch(&distribution, "http://127.0.0.1:9/x", 9).await;
    let address = "127.0.0.1".to_owned();
    let want = DownloadError::ForbiddenAddress { host: address.clone(), address };
    assert_eq!(download.result, Err(want));
}

/// The functions do not; `vigil crl check` does, from servers that the roots vouch for.
#[tokio::test]
async fn https_is_fetched_where_it_is_wanted_and_verified() {
    use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
    use tokio_rustls::TlsAcceptor;

    let made = rcgen::generate_simple_self_signed(vec!["crl.example.com".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = Route::Via(listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut vec![0; 4096]).await.unwrap();
            stream.write_all(ok("", "crl").as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    let url = "https://crl.example.com/1.crl";
    let (download, _) = fetch(&HttpDistribution::new(route), url, 9).await;
    assert_eq!(download.result, Err(DownloadError::NotHttp { url: url.to_owned() }));
    let mut roots = RootCertStore::empty();
    let nobody = HttpDistribution::new(route).with_roots(roots.clone()).unwrap();
    let refused = fetch(&nobody, url, 9).await.0.result.unwrap_err().to_string();
    assert!(refused.contains("certificate"), "{refused}");
    roots.add(certificate).unwrap();
    let trusting = HttpDistribution::new(route).with_roots(roots).unwrap();
    let (download, body) = fetch(&trusting, url, 9).await;
    assert_eq!((download.result.is_ok(), &body[..]), (true, &b"crl"[..]));
    let (download, _) = fetch(&trusting, "https://other.example.com/1.crl", 9).await;
    assert!(download.result.unwrap_err().to_string().contains("certificate"));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_and_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = Route::Via(listener.local_addr().unwrap());
    let within = Duration::from_millis(50);
    let distribution = HttpDistribution { within, ..HttpDistribution::new(route) };
    let (download, _) = fetch(&distribution, URL, 9).await;
    assert_eq!(download.result, Err(DownloadError::TimedOut { seconds: 0 }));
}
