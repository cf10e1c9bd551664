//! Load over time with a data directory, and what is written out of it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use serde_json::json;

use super::{
    is_there, issue, listed,
    process::{Row, Server, Sink, run},
    scale,
};

#[test]
fn memory_follows_what_is_kept_and_not_what_is_asked() {
    let mut row = Row::new(
        "7 issuance and reading with a file of events",
        "memory has its limit; each event is a line",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let events = folder.path().join("events.jsonl");
    let options = ["--events", events.to_str().unwrap()];
    let data = folder.path().join("data");
    let server = Server::start_more(&data, &sink, "", &options);
    let (ca, request) = server.active_root("Root");
    let begun = server.resident();
    let (issued, count) = (AtomicU64::new(0), 300 * scale());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while issued.fetch_add(1, Ordering::Relaxed) < count {
                    let arn = issue(&server, &ca, &request).unwrap();
                    assert!(is_there(&server, &ca, &arn));
                }
            });
        }
    });
    let written = server.resident();
    for _ in 0..count {
        server.acknowledged("ListCertificateAuthorities", &json!({})).unwrap();
    }
    let read = server.resident();
    assert!(written < begun + 40 + count / 1024 * 4, "{begun} MiB, then {written} MiB");
    assert!(read <= written + 8, "{written} MiB, then {read} MiB after reading");
    assert_eq!(server.stop("TERM"), Some(0));
    let text = std::fs::read_to_string(&events).unwrap();
    let lines = text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    let lines = lines.count();
    assert_eq!(lines, text.lines().count(), "each is JSON");
    assert!(lines as u64 > count, "{lines}");
    row.saw(format!("{count} issued: {begun}, {written}, {read} MiB; {lines} events"));
}

#[test]
fn an_export_to_a_full_disk_is_an_error() {
    let _row = Row::new("11c an export to a full disk", "exit code 1, and why");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let server = Server::start(&data, &sink);
    server.active_root("Root");
    assert_eq!(server.stop("TERM"), Some(0));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pca-local"));
    let output = command.args(["export", "--data-dir"]).arg(&data).stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
}

#[test]
fn a_cut_or_altered_export_changes_nothing() {
    let mut row = Row::new(
        "11b an export cut after any line, altered, or with lines in another order",
        "refused with what is missing, and nothing is changed",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let server = Server::start(&data, &sink);
    let (ca, request) = server.active_root("Root");
    for _ in 0..5 {
        issue(&server, &ca, &request).unwrap();
    }
    assert_eq!(server.stop("TERM"), Some(0));
    let path = data.to_str().unwrap();
    let (_, export, _) = run(&["export", "--data-dir", path], b"");
    let lines: Vec<&[u8]> = export.split_inclusive(|byte| *byte == b'\n').collect();
    let mut harmed: Vec<Vec<u8>> = (0..lines.len()).map(|end| lines[..end].concat()).collect();
    harmed.extend(
        (1..lines.len())
            .map(|without| [&lines[..without], &lines[without + 1..]].concat().concat()),
    );
    harmed.extend(
        (1..lines.len()).map(|twice| [&lines[..=twice], &lines[twice..]].concat().concat()),
    );
    harmed.extend((0..export.len()).step_by(97).map(|at| {
        let mut bytes = export.clone();
        bytes[at] ^= 1;
        bytes
    }));
    for state in &harmed {
        let (code, _, said) = run(&["import", "--data-dir", path], state);
        assert_eq!(code, Some(1), "{said}");
    }
    let (_, again, _) = run(&["export", "--data-dir", path], b"");
    assert_eq!(again, export, "nothing is changed");
    row.saw(format!("{} of {} refused", harmed.len(), harmed.len()));
}

#[test]
fn a_full_disk_is_logged_with_its_begin_and_end() {
    let mut row =
        Row::new("3b no room, then room again", "the log says that it begins and that it is over");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let server = Server::start(&data, &sink);
    let (ca, request) = server.active_root("Root");
    assert_eq!(server.stop("TERM"), Some(0));
    // Of each file, in blocks of 512 octets; a write that goes too far fails.
    let limits = format!("trap '' XFSZ; ulimit -S -f 1200; exec 2>{};", log.display());
    let server = Server::start_more(&data, &sink, &limits, &[]);
    let mut refused = 0;
    while refused < 5 {
        refused += u32::from(issue(&server, &ca, &request).is_err());
    }
    let mut lift = std::process::Command::new("prlimit");
    lift.args(["--pid", &server.id().to_string(), "--fsize=unlimited"]);
    assert!(lift.status().unwrap().success());
    while let Err(answer) = issue(&server, &ca, &request) {
        assert!(answer.contains("InternalFailure"), "{answer}");
    }
    assert_eq!(server.stop("TERM"), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    let failed = log.matches("the data directory could not be written to").count();
    // A small write may find room where a large one has not.
    assert_eq!(log.matches("can be written to again").count(), failed, "{log}");
    assert!((1..=refused as usize).contains(&failed), "{log}");
    row.saw(format!(
        "{refused} calls refused, {failed} times said, and {failed} times that it is over"
    ));
}

/// The attempt that finds room writes nothing: calls must not wait for what was dropped before it.
#[test]
fn reads_are_answered_when_a_full_disk_has_room_again() {
    let _row = Row::new("3c no room, then room again, and no change", "reads are answered");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let server = Server::start(&data, &sink);
    let (ca, request) = server.active_root("Root");
    assert_eq!(server.stop("TERM"), Some(0));
    let server = Server::start_more(&data, &sink, "trap '' XFSZ; ulimit -S -f 1200;", &[]);
    while issue(&server, &ca, &request).is_ok() {}
    let mut lift = std::process::Command::new("prlimit");
    lift.args(["--pid", &server.id().to_string(), "--fsize=unlimited"]);
    assert!(lift.status().unwrap().success());
    let is_failing = || server.try_admin("GET", "health", &json!(null)).unwrap().0 != 200;
    while is_failing() {}
    let of_ca = json!({"CertificateAuthorityArn": ca});
    server.acknowledged("DescribeCertificateAuthority", &of_ca).unwrap();
    listed(&server, &json!({}));
    assert!(server.text("GET", "/_pca-local/state").is_ok());
    issue(&server, &ca, &request).unwrap();
}
