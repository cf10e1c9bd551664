//! Connections that do nothing, do it slowly, or say what is no request.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    issue,
    process::{Row, Server, Sink},
    scale,
};

fn connect(server: &Server, begin: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(begin.as_bytes()).unwrap();
    stream
}

#[test]
fn idle_and_slow_clients_hinder_no_other() {
    let mut row = Row::new(
        "6 idle connections, slow heads, slow bodies, event streams that are never read",
        "others are served, memory has its limit",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let (ca, request) = server.active_root("Root");
    let before = server.resident();
    let count = 100 * scale().min(8);
    let begins = [
        "",
        "POST / HTTP/1.1\r\nHost: localh",
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: ACMPrivateCA.ListCertificateAuthorities\r\n\
         Content-Length: 2\r\n\r\n{",
        "GET /_pca-local/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    let open: Vec<TcpStream> =
        (0..count).flat_map(|_| begins.map(|begin| connect(&server, begin))).collect();
    for _ in 0..100 * scale() {
        issue(&server, &ca, &request).unwrap();
    }
    let after = server.resident();
    assert!(after < before + 40 + count / 4, "{before} MiB, then {after} MiB");
    row.saw(format!("{} of them; {before} MiB before, {after} MiB after", open.len()));
    drop(open);
    assert_eq!(server.stop("TERM"), Some(0));
}

/// As when a program starts pca-local with pipes, reads where it listens, and no further.
#[test]
fn a_log_that_is_not_read_stops_no_call() {
    let mut row = Row::new("6d a log that is not read", "calls are answered, and it stops");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let pipe = folder.path().join("pipe");
    let every_call = "set -- $(printf '%s\\n' \"$@\" | sed 's/^warn$/info/');";
    let unread = format!("{every_call} mkfifo '{0}'; exec 2<>'{0}';", pipe.display());
    let data = folder.path().join("data");
    let server = Server::start_more(&data, &sink, &unread, &[]);
    let (ca, _) = server.active_root("Root");
    // A pipe holds 64 KiB, and each call makes a line.
    for _ in 0..1000 {
        let request = json!({"CertificateAuthorityArn": ca});
        server.acknowledged("DescribeCertificateAuthority", &request).unwrap();
    }
    assert_eq!(server.stop("TERM"), Some(0));
    row.saw("1000 calls");
}

#[test]
fn an_error_that_is_not_read_does_not_keep_the_process() {
    let mut row = Row::new("6e a last error that is not read", "it ends, with exit code 1");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let (pipe, data) = (folder.path().join("pipe"), folder.path().join("data"));
    // The pipe is full before the first line.
    let full = format!(
        "mkfifo '{0}'; exec 2<>'{0}'; dd if=/dev/zero of='{0}' bs=4096 oflag=nonblock 2>/dev/null || :;",
        pipe.display()
    );
    let server = Server::start_more(&data, &sink, &full, &[]);
    server.active_root("Root");
    std::fs::remove_dir_all(&data).unwrap();
    assert_eq!(server.stop("TERM"), Some(1));
    row.saw("exit code 1");
}

#[test]
fn too_many_connections_are_got_over() {
    let mut row = Row::new("6b 200 connections with 100 file descriptors", "it goes on afterwards");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start_more(&folder.path().join("data"), &sink, "ulimit -n 100;", &[]);
    let (ca, request) = server.active_root("Root");
    let open: Vec<TcpStream> = (0..200).map(|_| connect(&server, "")).collect();
    drop(open);
    for _ in 0..20 {
        issue(&server, &ca, &request).unwrap();
    }
    row.saw("20 of 20 calls after they were closed");
}

#[test]
fn odd_requests_have_their_codes() {
    let mut row =
        Row::new("14 what is no request, or a very long one", "a code, or the end, and no panic");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let target = "X-Amz-Target: ACMPrivateCA.ListCertificateAuthorities\r\n";
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let post = |headers: &str, body: &str| {
        let length = body.len();
        format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let long = format!("X-Long: {}\r\n", "x".repeat(2_000_000));
    let many: String = (0..150).map(|number| format!("X-{number}: 1\r\n")).collect();
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\n{target}Transfer-Encoding: chunked\r\n\r\n\
         2;a=b\r\n{{}}\r\n0\r\n\r\n"
    );
    let lengths = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\n{target}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"
    );
    let huge =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\n{target}Content-Length: 104857600\r\n\r\n");
    let mut seen = Vec::new();
    for (request, want) in [
        (post(target, "{}"), "200"),
        (
            format!("POST / HTTP/1.0\r\nHost: localhost\r\n{target}Content-Length: 2\r\n\r\n{{}}"),
            "200",
        ),
        (chunked, "200"),
        (post(&many, "{}"), "431"),
        (post(&long, "{}"), "431"),
        (huge, "413"),
        (post(target, &nested), "400"),
        (lengths, "400"),
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // What is refused early is not read to its end.
        let _ = stream.write_all(request.as_bytes());
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap_or_else(|error| {
            panic!("{error}: {}", request.chars().take(80).collect::<String>())
        });
        let status = String::from_utf8_lossy(&head[9..]).into_owned();
        assert_eq!(status, want, "{}", request.chars().take(120).collect::<String>());
        seen.push(status);
    }
    assert_eq!(server.try_admin("GET", "health", &Value::Null).unwrap().0, 200);
    row.saw(seen.join(", "));
}
