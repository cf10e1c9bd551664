//! Starts: directories that cannot be used or are in use, addresses.

use std::{fs, os::unix::fs::symlink};

use serde_json::{Value, json};

use super::{
    is_there, issue,
    process::{Row, Server, Sink, run},
};

fn refused(arguments: &[&str]) -> String {
    let (code, _, said) = run(arguments, b"");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("pca-local: ") && said.trim_end().lines().count() <= 2, "{said}");
    said
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let _row =
        Row::new("4d a file, /dev/null, or no directory where the state is to be", "a clear error");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    let below = file.join("data");
    for path in [file.to_str().unwrap(), below.to_str().unwrap(), "/dev/null", "/proc/none"] {
        let said = refused(&["--listen", "127.0.0.1:0", "--data-dir", path]);
        assert!(said.contains(path), "{said}");
    }
}

#[test]
fn a_directory_in_use_is_refused_to_a_second_process() {
    let _row = Row::new(
        "5 a second process, export, import, check and salvage beside a running one, also by a link",
        "refused, and the first goes on",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let (data, link) = (folder.path().join("data"), folder.path().join("link"));
    let server = Server::start(&data, &sink);
    let (ca, request) = server.active_root("Root");
    symlink(&data, &link).unwrap();
    for path in [&data, &link] {
        let path = path.to_str().unwrap();
        for arguments in [
            &["--listen", "127.0.0.1:0", "--data-dir", path][..],
            &["export", "--data-dir", path],
            &["import", "--data-dir", path],
            &["check", path],
            &["salvage", path],
        ] {
            let said = refused(arguments);
            assert!(said.contains("is in use by another pca-local"), "{said}");
        }
    }
    issue(&server, &ca, &request).unwrap();
}

/// The lock is a file; what keeps the second one out without it is SQLite's own.
#[test]
fn a_second_process_is_refused_without_the_lock_too() {
    let mut row = Row::new(
        "5b `lock` removed and a second process started",
        "refused, and the first goes on",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let first = Server::start(&data, &sink);
    let (ca, request) = first.active_root("Root");
    let mut issued = vec![issue(&first, &ca, &request).unwrap()];
    fs::remove_file(data.join("lock")).unwrap();
    let path = data.to_str().unwrap();
    let commands: [&[&str]; 4] = [
        &["--listen", "127.0.0.1:0", "--data-dir", path],
        &["export", "--data-dir", path],
        &["check", path],
        &["salvage", path],
    ];
    // Each waits for a while, so that a program that only looks is no reason.
    std::thread::scope(|scope| {
        for arguments in commands {
            scope.spawn(move || {
                let said = refused(arguments);
                // The commands find each other's new lock, or SQLite's.
                let reasons = ["by another pca-local", "no other program has it open"];
                let is_named = reasons.iter().any(|why| said.contains(why));
                assert!(is_named && said.contains(path), "{said}");
            });
        }
        issued.push(issue(&first, &ca, &request).unwrap());
    });
    issued.push(issue(&first, &ca, &request).unwrap());
    first.kill();
    let server = Server::start(&data, &sink);
    assert!(issued.iter().all(|arn| is_there(&server, &ca, arn)));
    row.saw(format!("{} commands refused", commands.len()));
}

#[test]
fn settings_of_a_run_end_with_it() {
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let server = Server::start(&data, &sink);
    let read = |server: &Server, what: &str| server.admin("GET", what, &Value::Null).unwrap();
    let before = ["timing", "faults"].map(|what| read(&server, what));
    server.admin("PUT", "timing", &json!({"creation": "polls:7"})).unwrap();
    let fault = json!({"code": "InvalidNextTokenException", "times": 3});
    let faults = json!({"operations": {"ListCertificateAuthorities": fault}});
    server.admin("PUT", "faults", &faults).unwrap();
    assert_eq!(server.stop("TERM"), Some(0));
    let server = Server::start(&data, &sink);
    assert_eq!(["timing", "faults"].map(|what| read(&server, what)), before);
}

#[test]
fn addresses_work_or_are_refused_by_name() {
    let _row = Row::new(
        "15 [::1], localhost, a port that is taken, no address",
        "works, or a clear error",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let said = refused(&["--listen", server.address()]);
    assert!(said.contains("another process does") && said.contains(server.address()), "{said}");
    for nonsense in ["nonsense", "127.0.0.1:99999"] {
        assert!(refused(&["--listen", nonsense]).contains(nonsense));
    }
}
