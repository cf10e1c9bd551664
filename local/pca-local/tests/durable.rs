//! What `docs/pca-local/reference.md` promises of a data directory, each at its fault: stops, copies, damage,
//! files that are taken away while they are in use, exports and reports under load.
//!
//! Faults are made from outside, at the files: SQLite takes another file system underneath it only
//! from `unsafe` code, which this workspace has none of.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod process;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use process::{Row, Server, Sink, copy, run, send};
use serde_json::{Value, json};

/// What was acknowledged, to be found again.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    ca: String,
    issued: Vec<String>,
}

struct World {
    folder: tempfile::TempDir,
    sink: Sink,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sink: Sink::start() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, name: &str) -> Server {
        Server::start(&self.at(name), &self.sink)
    }

    /// A server on a new directory, with a CA that has issued something.
    fn established(&self, name: &str, certificates: usize) -> (Server, Model) {
        let server = self.start(name);
        let (ca, request) = server.active_root("Root");
        let issued = (0..certificates).map(|_| issue(&server, &ca, &request).unwrap()).collect();
        (server, Model { ca, issued })
    }
}

fn try_issue(server: &Server, ca: &str, request: &str) -> (u16, Value) {
    let issuance = json!({
        "CertificateAuthorityArn": ca, "Csr": request,
        "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
    });
    server.call("IssueCertificate", &issuance).unwrap()
}

fn issue(server: &Server, ca: &str, request: &str) -> Result<String, Value> {
    let (status, answer) = try_issue(server, ca, request);
    let arn = answer["CertificateArn"].as_str().map(str::to_owned);
    arn.filter(|_| status == 200).ok_or(answer)
}

/// Everything that was acknowledged is there.
fn holds(server: &Server, model: &Model) {
    for arn in &model.issued {
        let wanted = json!({"CertificateAuthorityArn": model.ca, "CertificateArn": arn});
        let (status, got) = server.call("GetCertificate", &wanted).unwrap();
        assert_eq!(status, 200, "{arn}: {got}");
        assert!(got["Certificate"].as_str().unwrap().contains("BEGIN CERTIFICATE"));
    }
}

/// The error of a process that does not start.
fn refused(data: &Path) -> String {
    let (code, _, error) =
        run(&["--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()], b"");
    assert_eq!(code, Some(1), "{error}");
    error
}

#[test]
fn a_copy_of_state_db_after_a_stop_has_everything() {
    let _row = Row::new("2c a copy of state.db alone after SIGTERM and SIGINT", "the state");
    let world = World::new();
    for signal in ["TERM", "INT"] {
        let (server, model) = world.established(signal, 20);
        assert_eq!(server.stop(signal), Some(0), "{signal}");
        assert!(!world.at(signal).join("state.db-wal").exists(), "{signal}: one file is left");
        let alone = format!("{signal}-alone");
        copy(&world.at(signal), &world.at(&alone), &["state.db"]);
        holds(&world.start(&alone), &model);
        holds(&world.start(signal), &model);
    }
}

#[test]
fn a_copy_of_state_db_after_an_import_has_everything() {
    let world = World::new();
    let (server, model) = world.established("first", 20);
    server.stop("TERM");
    let first = world.at("first");
    let (code, state, error) = run(&["export", "--data-dir", first.to_str().unwrap()], b"");
    assert_eq!(code, Some(0), "{error}");
    let second = world.at("second");
    let (code, _, error) = run(&["import", "--data-dir", second.to_str().unwrap()], &state);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    copy(&second, &world.at("third"), &["state.db"]);
    holds(&world.start("third"), &model);
}

#[test]
fn a_reader_that_keeps_the_log_busy_is_told_at_the_stop() {
    let world = World::new();
    let (server, model) = world.established("data", 3);
    let path = world.at("data").join("state.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN").unwrap();
    let rows: i64 = other.query_row("SELECT count(*) FROM body", [], |row| row.get(0)).unwrap();
    assert!(rows > 3);
    tag(&server, &model.ca);
    assert_eq!(server.stop("TERM"), Some(1), "it is not one file");
    drop(other);
    holds(&world.start("data"), &model);
}

fn tag(server: &Server, ca: &str) {
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let request = json!({"CertificateAuthorityArn": ca, "Tags": tags});
    server.acknowledged("TagCertificateAuthority", &request).unwrap();
}

/// Ends the writers also when what is beside them fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// 40 CAs with writers, so that bodies wait in the queue while exports and reports are made.
#[test]
fn exports_and_reports_under_writers_are_whole() {
    let _row = Row::new(
        "11 exports and audit reports while 6 clients write to 40 CAs",
        "whole, and every export can be imported",
    );
    let world = World::new();
    let server = world.start("data");
    let (first, request) = server.active_root("Root 0");
    let mut cas = vec![first];
    cas.extend((1..40).map(|number| server.active_root(&format!("Root {number}")).0));
    let is_over = AtomicBool::new(false);
    let exports: Vec<Value> = thread::scope(|scope| {
        let _writers = EndOnDrop(&is_over);
        for writer in 0..6 {
            let (server, cas, request, is_over) = (&server, &cas, &request, &is_over);
            scope.spawn(move || {
                for ca in cas.iter().cycle().skip(writer * 7) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    issue(server, ca, request).unwrap();
                }
            });
        }
        let exports = (0..12).map(|_| server.text("GET", "/_pca-local/state").unwrap()).collect();
        for ca in &cas {
            let report = report(&server, &world.sink, ca);
            for row in &report {
                assert_ne!(row["subject"], "", "{row}");
            }
        }
        exports
    });
    for (number, export) in exports.iter().enumerate() {
        let text = export.as_str().unwrap();
        assert!(!text.contains("\"der\":\"\""), "an export has a certificate without its DER");
        let to = world.at(&format!("import-{number}"));
        let (code, _, error) =
            run(&["import", "--data-dir", to.to_str().unwrap()], text.as_bytes());
        assert_eq!((code, error.as_str()), (Some(0), ""));
    }
}

fn report(server: &Server, sink: &Sink, ca: &str) -> Vec<Value> {
    let audit = json!({
        "CertificateAuthorityArn": ca, "S3BucketName": "bucket",
        "AuditReportResponseFormat": "JSON",
    });
    let created = server.acknowledged("CreateCertificateAuthorityAuditReport", &audit).unwrap();
    let wanted = json!({"CertificateAuthorityArn": ca, "AuditReportId": created["AuditReportId"]});
    loop {
        let described =
            server.acknowledged("DescribeCertificateAuthorityAuditReport", &wanted).unwrap();
        match described["AuditReportStatus"].as_str().unwrap() {
            "CREATING" => thread::yield_now(),
            "SUCCESS" => break,
            other => panic!("{other}"),
        }
    }
    serde_json::from_slice(&sink.object(created["S3Key"].as_str().unwrap())).unwrap()
}

#[test]
fn an_answer_is_on_disk_whatever_happens_to_the_files() {
    let _row = Row::new(
        "4c directory or file removed or truncated while it runs",
        "InternalFailure, health failing",
    );
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 4] = [
        ("directory", |data| fs::remove_dir_all(data).unwrap()),
        ("unlinked", |data| fs::remove_file(data.join("state.db")).unwrap()),
        ("truncated", |data| {
            fs::File::options().write(true).open(data.join("state.db")).unwrap().set_len(0).unwrap()
        }),
        ("log", |data| {
            fs::File::options()
                .write(true)
                .open(data.join("state.db-wal"))
                .unwrap()
                .set_len(0)
                .unwrap()
        }),
    ];
    let world = World::new();
    for (name, harm) in harms {
        let server = world.start(name);
        let (ca, request) = server.active_root("Root");
        issue(&server, &ca, &request).unwrap();
        assert_eq!(server.try_admin("GET", "health", &Value::Null).unwrap().0, 200);
        harm(&world.at(name));
        for _ in 0..20 {
            let (status, answer) = try_issue(&server, &ca, &request);
            assert_eq!((status, &answer["__type"]), (500, &json!("InternalFailure")), "{name}");
        }
        let (status, health) = server.try_admin("GET", "health", &Value::Null).unwrap();
        assert_eq!((status, &health["status"]), (503, &json!("failing")), "{name}");
        assert!(health["why"].as_str().unwrap().contains("while it was in use"), "{health}");
        assert_eq!(server.stop("TERM"), Some(1), "{name}");
    }
}

/// After a kill, so that there is a log: cut, flipped at places all over it, removed.
#[test]
fn a_damaged_log_is_never_a_silent_roll_back() {
    let _row = Row::new(
        "4b the log of a killed process cut, changed, removed",
        "the state, or refused with what is lost",
    );
    let world = World::new();
    let (server, model) = world.established("data", 30);
    server.kill();
    let data = world.at("data");
    let whole = fs::read(data.join("state.db-wal")).unwrap();
    let names = ["state.db", "lock", "last-commit"];
    let mut refusals = 0;
    for number in 0..40 {
        let folder = world.at(&format!("damaged-{number}"));
        copy(&data, &folder, &names);
        let mut log = whole.clone();
        let at = whole.len() * (number / 2) / 20;
        if number % 2 == 0 {
            log.truncate(at);
        } else {
            log[at] ^= 0x40;
        }
        if number > 0 {
            fs::write(folder.join("state.db-wal"), &log).unwrap();
        }
        if is_refused(&world, &folder, &model) {
            refusals += 1;
            assert_eq!(
                log_of(&folder),
                Some(log).filter(|log| number > 0 && !log.is_empty()),
                "as it was found"
            );
        }
    }
    assert!(refusals > 30, "{refusals}");
    let error = refused(&world.at("damaged-0"));
    assert!(error.contains("commits are lost, all after commit"), "{error}");
    assert!(error.contains("pca-local salvage"), "{error}");
}

fn log_of(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join("state.db-wal")).ok().filter(|log| !log.is_empty())
}

/// The state is the model, or the process refuses by name.
fn is_refused(world: &World, folder: &Path, model: &Model) -> bool {
    let data = folder.to_str().unwrap();
    let (code, _, error) = run(&["export", "--data-dir", data], b"");
    if code == Some(0) {
        holds(&world.start(data), model);
        return false;
    }
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains(data), "{error}");
    true
}

/// After a stop in good order, every 512 octets of the database.
#[test]
fn a_database_damaged_anywhere_is_refused() {
    let _row = Row::new("4a state.db changed anywhere after a stop", "refused");
    let world = World::new();
    let (server, _) = world.established("data", 5);
    assert_eq!(server.stop("TERM"), Some(0));
    let whole = fs::read(world.at("data").join("state.db")).unwrap();
    let folder = world.at("damaged");
    copy(&world.at("data"), &folder, &["state.db", "lock", "last-commit"]);
    for at in (0..whole.len()).step_by(4096 / 2) {
        let mut bytes = whole.clone();
        bytes[at + at / 4096 % 512] ^= 0x10;
        fs::write(folder.join("state.db"), bytes).unwrap();
        let error = refused_in_process(&folder);
        assert!(error.contains("damaged"), "{at}: {error}");
        for left in ["state.db-wal", "state.db-shm"] {
            drop(fs::remove_file(folder.join(left)));
        }
    }
}

fn refused_in_process(data: &Path) -> String {
    let error = pca_local::PcaLocal::builder().open(data).err().expect("it is refused");
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn a_lost_database_beside_its_files_is_no_new_start() {
    let _row = Row::new(
        "4e state.db missing, empty, foreign, of another state, or without its log",
        "refused by name",
    );
    let world = World::new();
    let (server, _) = world.established("data", 3);
    server.kill();
    let data = world.at("data");
    for (name, beside, database, want) in [
        ("missing", &["lock", "last-commit"][..], None, "missing or empty, and last-commit"),
        ("log", &["state.db-wal"][..], None, "missing or empty, and state.db-wal"),
        ("lock", &["lock"][..], None, "missing or empty, and lock"),
        ("empty", &["lock", "last-commit"][..], Some(""), "missing or empty, and last-commit"),
        ("foreign", &["lock", "last-commit"][..], Some("a letter"), "is not a pca-local state"),
    ] {
        let folder = world.at(name);
        copy(&data, &folder, beside);
        if let Some(text) = database {
            fs::write(folder.join("state.db"), text).unwrap();
        }
        let error = refused(&folder);
        assert!(error.contains(want), "{name}: {error}");
        assert_eq!(folder.join("state.db").exists(), database.is_some(), "{name}: as it was found");
    }
    // From a process that was running: what it had in its log is not in the copy.
    copy(&data, &world.at("running"), &["state.db"]);
    let error = refused(&world.at("running"));
    assert!(error.contains("state.db is without its log"), "{error}");
    copy(&data, &world.at("other"), &["lock", "last-commit"]);
    let (server, _) = world.established("another", 1);
    server.stop("TERM");
    fs::copy(world.at("another").join("state.db"), world.at("other").join("state.db")).unwrap();
    assert!(refused(&world.at("other")).contains("is of another state than last-commit"));
}

#[test]
fn check_names_the_damage_and_salvage_saves_the_rest() {
    let world = World::new();
    let (server, model) = world.established("data", 6);
    assert_eq!(server.stop("TERM"), Some(0));
    let data = world.at("data");
    let path = data.to_str().unwrap();
    let (code, said, error) = run(&["check", path], b"");
    let said = String::from_utf8(said).unwrap();
    assert_eq!((code, error.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("CAs: 1, certificates: 7") && said.ends_with("whole\n"), "{said}");

    let database = rusqlite::Connection::open(data.join("state.db")).unwrap();
    database.execute("UPDATE body SET der = x'3000' WHERE id = 3", []).unwrap();
    database.execute("DELETE FROM body WHERE id = 5", []).unwrap();
    drop(database);
    let (code, said, _) = run(&["check", path], b"");
    let said = String::from_utf8(said).unwrap();
    assert_eq!(code, Some(1), "{said}");
    for want in ["certificate 3 of CA 0 is damaged", "certificate 5 of CA 0 is not in the data"] {
        assert!(said.contains(want), "{said}");
    }
    let (code, state, lost) = run(&["salvage", path], b"");
    assert_eq!(code, Some(1), "{lost}");
    assert_eq!(lost.matches("not saved: certificate").count(), 2, "{lost}");
    let saved = world.at("saved");
    let (code, _, error) = run(&["import", "--data-dir", saved.to_str().unwrap()], &state);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    // The first is the CA's own.
    let mut issued = model.issued.clone();
    issued.remove(4);
    issued.remove(2);
    holds(&world.start("saved"), &Model { issued, ..model });
}

#[test]
fn a_certificate_whose_octets_changed_is_never_served() {
    let world = World::new();
    let (server, model) = world.established("data", 2);
    server.kill();
    let database = rusqlite::Connection::open(world.at("data").join("state.db")).unwrap();
    // A certificate that parses, with another signature.
    let sql = "SELECT der FROM body WHERE id = 1";
    let mut der: Vec<u8> = database.query_row(sql, [], |row| row.get(0)).unwrap();
    *der.last_mut().unwrap() ^= 1;
    let changed = database.execute("UPDATE body SET der = ? WHERE id = 1", [der]).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let server = world.start("data");
    let wanted = json!({"CertificateAuthorityArn": model.ca, "CertificateArn": model.issued[0]});
    let (status, answer) = server.call("GetCertificate", &wanted).unwrap();
    assert_eq!((status, &answer["__type"]), (500, &json!("InternalFailure")));
    assert_eq!(server.text("GET", "/_pca-local/state").unwrap_or_default(), Value::Null, "cut");
}

#[test]
fn a_signal_right_after_listening_on_is_a_clean_stop() {
    let _row = Row::new("2b SIGINT and SIGTERM right after `listening on`", "exit code 0");
    let world = World::new();
    for signal in ["INT", "TERM"].into_iter().cycle().take(16) {
        assert_eq!(world.start("data").stop(signal), Some(0), "{signal}");
    }
}

/// At moments all over the start: the process is gone before it has touched anything, or it stops in
/// good order.
#[test]
fn a_signal_during_the_start_leaves_a_sound_directory() {
    let _row =
        Row::new("2d signals all over the start", "gone, or a clean stop; the directory is sound");
    let world = World::new();
    let (server, model) = world.established("data", 3);
    server.kill();
    for step in 0..24 {
        let mut child = world.spawn("data");
        // Not a wait for anything: the moment of the signal is what differs.
        thread::sleep(std::time::Duration::from_micros(700 * step));
        send(&child, if step % 2 == 0 { "INT" } else { "TERM" });
        let status = child.wait().unwrap();
        assert!(matches!(status.code(), None | Some(0)), "{step}: {status}");
    }
    holds(&world.start("data"), &model);
}

#[test]
fn a_clean_stop_says_what_it_waited_for() {
    let world = World::new();
    let mut child = world.spawn_logging("data");
    send(&child, "TERM");
    let mut log = String::new();
    use std::io::Read as _;
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let waits = ["for open connections", "for the data directory", "for events to be delivered"];
    for wait in waits {
        assert!(log.contains(&format!("waited {wait} until ")), "{log}");
    }
}

#[test]
fn a_clock_at_the_end_of_time_stops_no_start_and_no_export() {
    let _row = Row::new(
        "8b the clock before 1970 and at the end of 9999",
        "refused; what is stored stops no start and no export",
    );
    let world = World::new();
    let (server, model) = world.established("data", 1);
    for (now, want) in [("9999-12-31T23:59:58Z", 400), ("1969-12-31T00:00:00Z", 400)] {
        let (status, answer) = server.try_admin("PUT", "clock", &json!({"now": now})).unwrap();
        assert_eq!(status, want, "{answer}");
    }
    server.stop("TERM");
    let data = world.at("data");
    let database = rusqlite::Connection::open(data.join("state.db")).unwrap();
    // As an older pca-local has left it.
    let modes = [
        r#"{"frozen":"9999-12-31T23:59:58Z"}"#,
        r#"{"running":{"ahead-of-system":[251500000000,0]}}"#,
    ];
    drop(database);
    for mode in modes {
        fs::remove_file(data.join("last-commit")).unwrap();
        let database = rusqlite::Connection::open(data.join("state.db")).unwrap();
        database.execute("INSERT OR REPLACE INTO clock VALUES (0, ?)", [mode]).unwrap();
        drop(database);
        let server = world.start("data");
        holds(&server, &model);
        let clock = server.admin("GET", "clock", &Value::Null).unwrap();
        assert_eq!(clock["now"], "9900-01-01T00:00:00Z");
        assert_eq!(server.stop("TERM"), Some(0));
        let (code, _, error) = run(&["export", "--data-dir", data.to_str().unwrap()], b"");
        assert_eq!(code, Some(0), "{error}");
    }
}

/// After a crash of the machine the mark may be older than the log, and a torn write may have
/// damaged the newer of its two places.
#[test]
fn an_older_mark_than_the_log_is_no_damage() {
    let world = World::new();
    let (server, mut model) = world.established("data", 2);
    let mark = fs::read(world.at("data").join("last-commit")).unwrap();
    let (ca, request) = server.active_root("Root 2");
    model.issued.clear();
    model = Model { issued: vec![issue(&server, &ca, &request).unwrap()], ca };
    server.kill();
    fs::write(world.at("data").join("last-commit"), mark).unwrap();
    holds(&world.start("data"), &model);
}

impl World {
    fn spawn(&self, name: &str) -> std::process::Child {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pca-local"));
        command
            .args(["--listen", "127.0.0.1:0", "--log", "error", "--data-dir"])
            .arg(self.at(name));
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    }

    /// One that is listening.
    fn spawn_logging(&self, name: &str) -> std::process::Child {
        use std::io::BufRead as _;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pca-local"));
        command.args(["--listen", "127.0.0.1:0", "--log", "info", "--data-dir"]).arg(self.at(name));
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        std::io::BufReader::new(out).read_line(&mut line).unwrap();
        child
    }
}
