//! Stops, copies of `state.db` and the clock.

use std::{fs, thread};

use serde_json::{Value, json};

use crate::{
    Model, World, holds, ignores_interrupt, issue,
    process::{Row, Server, copy, run, send},
};

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

/// Writes to `state.db` fail from the fourth on: the start makes fewer, and taking in the log more.
#[test]
fn a_log_that_cannot_be_taken_in_is_told_at_the_stop() {
    let world = World::new();
    let (server, _) = world.established("data", 3);
    assert_eq!(server.stop("TERM"), Some(0));
    let data = world.at("data");
    let path = data.join("state.db").display().to_string();
    let fault = ["-P", &path, "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EIO:when=4+"];
    let server = Server::start_traced(&data, &world.sink, &fault.map(str::to_owned)).unwrap();
    let (ca, request) = server.active_root("Other");
    let issued = (0..20).map(|_| issue(&server, &ca, &request).unwrap()).collect();
    assert_eq!(server.stop("TERM"), Some(1), "it is not one file");
    holds(&world.start("data"), &Model { ca, issued });
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
        send(&child, if step % 2 == 0 && !ignores_interrupt() { "INT" } else { "TERM" });
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
        database.execute("INSERT OR REPLACE INTO clock VALUES (0, ?, NULL)", [mode]).unwrap();
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
