//! Directories that were damaged while no process used them.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    Model, World, holds, issue,
    process::{Row, copy, run},
    refused,
};

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

/// As when a backup of `state.db` is put back beside the log of what went on.
#[test]
fn a_log_beside_another_database_is_refused() {
    let _row = Row::new(
        "4f a log beside state.db of another state, an older or a newer copy",
        "refused by name",
    );
    let world = World::new();
    let (server, model) = world.established("data", 3);
    assert_eq!(server.stop("TERM"), Some(0));
    let keep = |name: &str| copy(&world.at("data"), &world.at(name), &["state.db"]);
    keep("backup");
    let server = world.start("data");
    let (_, request) = server.active_root("Second");
    issue(&server, &model.ca, &request).unwrap();
    server.kill();
    let beside = ["lock", "last-commit", "state.db-wal"];
    copy(
        &world.at("data"),
        &world.at("killed"),
        &["state.db", "lock", "last-commit", "state.db-wal"],
    );
    let (server, _) = world.established("another", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    let server = world.start("data");
    assert_eq!(server.stop("TERM"), Some(0));
    for (database, want) in [
        ("another", "is of another state"),
        ("backup", "is an older copy than its log"),
        ("data", "the log is older than state.db"),
    ] {
        // `last-commit` may be lost with the rest.
        for files in [&beside[..], &["lock", "state.db-wal"], &["state.db-wal"]] {
            let name = format!("{database}-{}", files.len());
            copy(&world.at("killed"), &world.at(&name), files);
            fs::copy(world.at(database).join("state.db"), world.at(&name).join("state.db"))
                .unwrap();
            let (code, said, _) = run(&["check", world.at(&name).to_str().unwrap()], b"");
            let said = String::from_utf8(said).unwrap();
            assert!(code == Some(1) && said.contains(want), "{name}: {said}");
            let error = refused(&world.at(&name));
            assert!(error.contains(want), "{name}: {error}");
        }
    }
    let whole = ["state.db", "lock", "last-commit", "state.db-wal"];
    copy(&world.at("killed"), &world.at("whole"), &whole);
    holds(&world.start("whole"), &model);
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

/// After a kill no seal of the whole file says that a value is another one.
#[test]
fn a_row_that_changed_is_refused_by_name() {
    let world = World::new();
    let (server, model) = world.established("data", 2);
    let id = model.issued[0].rsplit('/').next().unwrap();
    let pairs: Vec<&str> = (0..id.len()).step_by(2).map(|at| &id[at..at + 2]).collect();
    let serial = pairs.join(":");
    let revocation = json!({
        "CertificateAuthorityArn": model.ca, "CertificateSerial": serial,
        "RevocationReason": "KEY_COMPROMISE",
    });
    server.acknowledged("RevokeCertificate", &revocation).unwrap();
    server.kill();
    let changes = [
        ("authority", "record = replace(record, 'Root', 'Boot')"),
        ("certificate", "not_after = not_after + 86400000"),
        ("key", "csr = CAST(csr || x'00' AS BLOB)"),
        ("name", "name = name || '0'"),
        ("revocation", "is_listed = 0"),
        ("revocation", "reason = 4"),
    ];
    for (number, (table, change)) in changes.into_iter().enumerate() {
        let folder = world.at(&format!("changed-{number}"));
        copy(&world.at("data"), &folder, &["state.db", "state.db-wal", "last-commit", "lock"]);
        let database = rusqlite::Connection::open(folder.join("state.db")).unwrap();
        assert!(database.execute(&format!("UPDATE {table} SET {change}"), []).unwrap() > 0);
        drop(database);
        let error = refused(&folder);
        assert!(
            error.contains(&format!("of the table {table} is not what was written")),
            "{error}"
        );
        let path = folder.to_str().unwrap();
        let (code, found, _) = run(&["check", path], b"");
        assert_eq!(code, Some(1));
        let found = String::from_utf8(found).unwrap();
        assert!(found.contains("fault: row ") && found.contains(table), "{found}");
        let (_, _, lost) = run(&["salvage", path], b"");
        assert!(lost.contains(table), "{lost}");
    }
}

/// Each row is whole, and is another one's.
#[test]
fn an_exchanged_certificate_is_never_served() {
    let world = World::new();
    let (server, model) = world.established("data", 4);
    assert_eq!(server.stop("TERM"), Some(0));
    let data = world.at("data");
    let database = rusqlite::Connection::open(data.join("state.db")).unwrap();
    for change in ["id = -1 WHERE id = 2", "id = 2 WHERE id = 3", "id = 3 WHERE id = -1"] {
        assert_eq!(database.execute(&format!("UPDATE body SET {change}"), []).unwrap(), 1);
    }
    drop(database);
    fs::remove_file(data.join("last-commit")).unwrap();
    let (code, _, _) = run(&["check", data.to_str().unwrap()], b"");
    assert_eq!(code, Some(1));
    let server = world.start("data");
    // The first is the CA's own.
    for (place, arn) in (1..).zip(&model.issued) {
        let wanted = json!({"CertificateAuthorityArn": model.ca, "CertificateArn": arn});
        let (status, answer) = server.call("GetCertificate", &wanted).unwrap();
        assert_eq!(status == 500, [2, 3].contains(&place), "{place}: {answer}");
        let download = format!("download/certificate/{arn}");
        let (shown, _) = server.try_admin("GET", &download, &json!(null)).unwrap();
        assert_eq!(shown == 200, status == 200, "{place}");
    }
    assert_eq!(server.text("GET", "/_pca-local/state").unwrap_or_default(), Value::Null, "cut");
}
