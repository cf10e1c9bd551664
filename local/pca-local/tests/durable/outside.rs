//! What other programs, full disks and foreign files do to a directory.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Command, Stdio},
};

use rusqlite::config::DbConfig;
use serde_json::json;

use crate::{
    World, holds, ignores_interrupt, issue,
    process::{Server, copy, run, send},
    refused, try_issue,
};

/// An older copy that is written over the open file keeps its inode and its length.
#[test]
fn a_database_that_is_overwritten_in_use_ends_every_call() {
    let world = World::new();
    let (server, model) = world.established("data", 3);
    let database = world.at("data").join("state.db");
    let page = vec![0x5a; 512];
    File::options().write(true).open(&database).unwrap().write_all_at(&page, 4096).unwrap();
    let request = json!({"CertificateAuthorityArn": model.ca});
    let (status, answer) = server.call("GetCertificateAuthorityCsr", &request).unwrap();
    assert!(status == 200 || status == 500, "{answer}");
    let tags = json!({"CertificateAuthorityArn": model.ca, "Tags": [{"Key": "a"}]});
    let (status, answer) = server.call("TagCertificateAuthority", &tags).unwrap();
    assert_eq!(status, 500, "{answer}");
    let (status, health) = server.try_admin("GET", "health", &json!(null)).unwrap();
    assert_eq!(status, 503);
    assert!(health.to_string().contains("written to by another program"), "{health}");
    assert_eq!(server.stop("TERM"), Some(1), "it does not sign what another program wrote");
}

#[test]
fn a_first_start_on_a_full_disk_leaves_nothing_behind() {
    let world = World::new();
    let data = world.at("data");
    // The largest file that it may write, in units of 512 or 1,024 octets.
    for room in [0, 4, 16, 64] {
        let script = format!("trap '' XFSZ; ulimit -f {room}; exec \"$0\" \"$@\"");
        let ended = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_pca-local"), "--listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(ended.code(), Some(1), "{room}");
        assert!(!data.exists(), "{room}");
    }
    let (server, model) = world.established("data", 1);
    holds(&server, &model);
}

/// The clock that is on disk is the clock that is shown.
#[test]
fn a_clock_whose_move_could_not_be_written_has_not_moved() {
    let world = World::new();
    let (server, _) = world.established("data", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    let server = Server::start_limited(&world.at("data"), &world.sink, 400);
    let shown = |server: &Server| {
        let now = server.admin("GET", "clock", &json!(null)).unwrap()["now"].clone();
        now.as_str().unwrap()[..4].to_owned()
    };
    let mut acknowledged = shown(&server);
    for year in 2030..3000 {
        let set = json!({"now": format!("{year}-01-01T00:00:00Z"), "running": false});
        let (status, answer) = server.try_admin("PUT", "clock", &set).unwrap();
        if status == 500 {
            assert_eq!(shown(&server), acknowledged, "{answer}");
            let advance = json!({"seconds": 86_400 * 400});
            let (status, answer) = server.try_admin("POST", "clock/advance", &advance).unwrap();
            assert_eq!(status, 500, "{answer}");
            assert_eq!(shown(&server), acknowledged, "{answer}");
            return;
        }
        assert_eq!(status, 200, "{answer}");
        acknowledged = year.to_string();
    }
    panic!("the disk did not become full");
}

#[test]
fn a_refused_import_leaves_nothing_where_nothing_was() {
    let world = World::new();
    let data = world.at("data");
    let (code, _, error) = run(&["import", "--data-dir", data.to_str().unwrap()], b"no state\n");
    assert_eq!(code, Some(1), "{error}");
    assert!(!data.exists());
    fs::create_dir(&data).unwrap();
    let (code, _, error) = run(&["import", "--data-dir", data.to_str().unwrap()], b"no state\n");
    assert_eq!(code, Some(1), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
    let below = data.join("not/there");
    let (code, _, error) = run(&["import", "--data-dir", below.to_str().unwrap()], b"no state\n");
    assert!(code == Some(1) && error.contains("not does not exist"), "{error}");
}

/// The format stands in the file's header, which no row's checksum covers.
#[test]
fn a_format_that_was_changed_switches_no_check_off() {
    let world = World::new();
    let (server, _) = world.established("data", 2);
    assert_eq!(server.stop("TERM"), Some(0));
    for format in [0_u32, 1, 2, 3, u32::MAX] {
        let name = format!("format-{format}");
        copy(&world.at("data"), &world.at(&name), &["state.db", "lock", "last-commit"]);
        let database = File::options().write(true).open(world.at(&name).join("state.db")).unwrap();
        // SQLite, "Database File Format": the user version.
        database.write_all_at(&format.to_be_bytes(), 60).unwrap();
        let error = refused(&world.at(&name));
        assert!(
            error.contains("not as it was left") || error.contains("there never was"),
            "{error}"
        );
    }
}

/// After a kill, no digest of the file says that it is another one.
#[test]
fn an_older_format_in_the_header_is_not_believed() {
    let world = World::new();
    let (server, _) = world.established("data", 2);
    server.kill();
    for format in 1..5 {
        let name = format!("format-{format}");
        copy(
            &world.at("data"),
            &world.at(&name),
            &["state.db", "state.db-wal", "lock", "last-commit"],
        );
        let database = rusqlite::Connection::open(world.at(&name).join("state.db")).unwrap();
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        database.execute("UPDATE certificate SET serial = zeroblob(16) WHERE id = 1", []).unwrap();
        database.pragma_update(None, "user_version", format).unwrap();
        drop(database);
        let path = world.at(&name);
        let (code, _, said) = run(&["check", path.to_str().unwrap()], b"");
        assert!(code == Some(1) && said.contains("what came with format"), "{said}");
        assert!(refused(&path).contains("what came with format"), "{format}");
    }
}

#[test]
fn salvage_says_which_commits_are_lost() {
    let world = World::new();
    let (server, _) = world.established("data", 20);
    server.kill();
    let log = world.at("data").join("state.db-wal");
    let length = fs::metadata(&log).unwrap().len();
    File::options().write(true).open(&log).unwrap().set_len(length / 2).unwrap();
    let (code, _, said) = run(&["salvage", world.at("data").to_str().unwrap()], b"");
    assert_eq!(code, Some(1));
    assert!(said.contains("not saved: ") && said.contains("lost, all after commit"), "{said}");
}

/// `check` and `salvage` also work where nothing may be written, and change nothing.
#[test]
fn inspecting_a_stopped_directory_leaves_no_file_behind() {
    let world = World::new();
    let (server, _) = world.established("data", 2);
    assert_eq!(server.stop("TERM"), Some(0));
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (server, _) = world.established("killed", 2);
    server.kill();
    for data in ["data", "killed"] {
        let before = names(&world.at(data));
        for command in ["check", "salvage"] {
            let (code, _, error) = run(&[command, world.at(data).to_str().unwrap()], b"");
            assert_eq!(code, Some(0), "{error}");
            assert_eq!(names(&world.at(data)), before, "{command}");
        }
    }
}

/// Opening a pipe waits for its other end.
#[test]
fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let world = World::new();
    let (server, _) = world.established("data", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    for name in ["last-commit", "lock", "state.db", "state.db-journal"] {
        let folder = world.at(&format!("pipe-{name}"));
        copy(&world.at("data"), &folder, &["state.db", "lock", "last-commit"]);
        drop(fs::remove_file(folder.join(name)));
        assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
        for command in ["check", "salvage"] {
            let (code, _, error) = run(&[command, folder.to_str().unwrap()], b"");
            assert_eq!(code, Some(1));
            assert!(error.contains(&format!("{name} is no regular file")), "{error}");
        }
        assert!(refused(&folder).contains(&format!("{name} is no regular file")));
    }
}

#[test]
fn an_event_pipe_that_nothing_reads_does_not_keep_the_process() {
    let world = World::new();
    let pipe = world.at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // So that opening it does not wait.
    let _end = File::options().read(true).write(true).open(&pipe).unwrap();
    let options = ["--events", pipe.to_str().unwrap()];
    let server = Server::start_more(&world.at("data"), &world.sink, "", &options);
    let (ca, request) = server.active_root("Root");
    for _ in 0..150 {
        issue(&server, &ca, &request).unwrap();
    }
    assert_eq!(server.stop("TERM"), Some(0));
}

#[test]
fn an_import_that_waits_for_its_input_ends_at_a_signal() {
    let world = World::new();
    let signals = if ignores_interrupt() { &["TERM"][..] } else { &["INT", "TERM"] };
    for signal in signals {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pca-local"))
            .args(["import", "--data-dir"])
            .arg(world.at(signal))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        send(&child, signal);
        assert!(!child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn a_state_that_another_program_changed_is_refused() {
    let world = World::new();
    let (server, _) = world.established("data", 2);
    let (code, state, error) = {
        assert_eq!(server.stop("TERM"), Some(0));
        run(&["export", "--data-dir", world.at("data").to_str().unwrap()], b"")
    };
    assert_eq!(code, Some(0), "{error}");
    let with_cr: Vec<u8> = String::from_utf8(state.clone()).unwrap().replace('\n', "\r\n").into();
    let long =
        [b"{\"pca-local-state\": 2}\n{\"".as_slice(), &vec![b'x'; 1 << 20], b"\": 1}\n"].concat();
    let second_line = state.iter().position(|byte| *byte == b'\n').unwrap() + 20;
    for (changed, why) in [
        (b"\x1f\x8b\x08\x00".to_vec(), "compressed"),
        ([b"\xef\xbb\xbf".as_slice(), &state].concat(), "byte order mark"),
        (with_cr, "CR and LF"),
        (state[..second_line].to_vec(), "cut in line 2"),
        (long, "line 2"),
    ] {
        let (code, _, error) =
            run(&["import", "--data-dir", world.at("new").to_str().unwrap()], &changed);
        assert_eq!(code, Some(1));
        assert!(error.contains(why), "{why}: {error}");
        assert!(error.len() < 1_000, "{}", error.len());
    }
}

/// SQLite is set to leave its log alone: the writing thread takes it in, and the log begins again.
#[test]
fn the_log_does_not_grow_without_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let pca = pca_local::PcaLocal::builder().open(folder.path()).unwrap();
    let begin = pca.timeline().clock().now();
    let length_after = |commits: std::ops::Range<i64>| {
        for number in commits {
            pca.timeline().set(begin + time::Duration::seconds(number));
            futures::executor::block_on(pca.timeline().settled());
        }
        fs::metadata(folder.path().join("state.db-wal")).unwrap().len()
    };
    let (first, second) = (length_after(0..1_100), length_after(1_100..2_150));
    assert!(first > 1_000 * 4096, "each is a commit: {first}");
    assert!(second < first + first / 4, "{first}, then {second}");
    pca.close().unwrap();
}

/// A file that is mapped into memory ends the process when another program truncates it.
#[test]
fn the_index_of_the_log_is_no_file() {
    let world = World::new();
    let (server, _) = world.established("data", 1);
    let index = world.at("data").join("state.db-shm");
    assert!(!index.exists());
    assert_eq!(server.stop("TERM"), Some(0));
    // As an older pca-local has left it that was killed.
    fs::write(&index, [0; 32768]).unwrap();
    let server = world.start("data");
    assert!(!index.exists());
    server.kill();
    let maps = |server: &Server| fs::read_to_string(format!("/proc/{}/maps", server.id())).unwrap();
    assert!(!maps(&world.start("data")).contains("/data/"), "no file of it is mapped");
}

#[test]
fn another_program_cannot_open_a_database_in_use() {
    let world = World::new();
    let (server, model) = world.established("data", 2);
    let path = world.at("data").join("state.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    for sql in ["SELECT count(*) FROM body", "DELETE FROM body", "PRAGMA wal_checkpoint(TRUNCATE)"]
    {
        let error =
            other.prepare(sql).and_then(|mut statement| statement.query([])?.next().map(drop));
        assert!(error.unwrap_err().to_string().contains("database is locked"), "{sql}");
    }
    drop(other);
    issue(&server, &model.ca, &server.active_root("Other").1).unwrap();
    holds(&server, &model);
    assert_eq!(server.stop("TERM"), Some(0));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(refused(&world.at("data")).contains("that no other program has it open"));
}

/// Everything that is opened later is looked for where the start has found it.
#[test]
fn a_working_directory_that_is_moved_away_is_noticed() {
    let world = World::new();
    let (here, away) = (world.at("here"), world.at("away"));
    fs::create_dir(&here).unwrap();
    let setting = format!("cd {};", here.display());
    let server = Server::start_more(Path::new("data"), &world.sink, &setting, &[]);
    let (ca, request) = server.active_root("Root");
    fs::rename(&here, &away).unwrap();
    assert_eq!(try_issue(&server, &ca, &request).0, 500);
    let (status, health) = server.try_admin("GET", "health", &json!(null)).unwrap();
    assert_eq!(status, 503);
    let path = here.join("data/state.db").display().to_string();
    assert!(health.to_string().contains(&format!("{path} was removed")), "{health}");
    fs::rename(&away, &here).unwrap();
    while try_issue(&server, &ca, &request).0 != 200 {}
    assert_eq!(server.stop("TERM"), Some(0));
}

#[test]
fn events_into_the_data_directory_are_refused() {
    let world = World::new();
    let data = world.at("data");
    let events = data.join("state.db");
    let options = ["--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap(), "--events"];
    let (code, _, error) = run(&[&options[..], &[events.to_str().unwrap()]].concat(), b"");
    assert_eq!(code, Some(1));
    assert!(error.contains("is in the data directory") && error.lines().count() == 1, "{error}");
    assert!(!data.exists(), "nothing is made");
}

#[test]
fn a_state_too_long_for_memory_is_refused_before_it_is_sent() {
    let world = World::new();
    let server = world.start("data");
    for path in ["PUT /_pca-local/state", "POST /_pca-local/seed"] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!(
            "{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            1_u64 << 40
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    let endless = std::io::repeat(b'x').take(80 << 20);
    let data = world.at("import");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pca-local"))
        .args(["import", "--data-dir"])
        .arg(&data)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    drop(std::io::copy(&mut BufReader::new(endless), &mut to));
    drop(to);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("line 1 is longer than any of a state"), "{error}");
}
