//! Databases that say of themselves what is not so, or that were changed on purpose.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

use serde_json::json;

use crate::{
    Model, World, holds,
    process::{copy, run},
    refused,
};

const FILES: [&str; 3] = ["state.db", "lock", "last-commit"];

/// What `salvage` says, and what a server has that is started on it.
fn salvaged(world: &World, name: &str, model: &Model) -> String {
    let (code, state, said) = run(&["salvage", world.at(name).to_str().unwrap()], b"");
    assert_eq!(code, Some(1), "{said}");
    let saved = format!("{name}-saved");
    let (code, _, error) =
        run(&["import", "--data-dir", world.at(&saved).to_str().unwrap()], &state);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{said}");
    holds(&world.start(&saved), model);
    said
}

/// SQLite, "Database File Format": the user version and the application id.
#[test]
fn salvage_reads_past_a_header_that_was_changed() {
    let world = World::new();
    let (server, model) = world.established("data", 2);
    assert_eq!(server.stop("TERM"), Some(0));
    for (number, (place, octet)) in
        [(63, 4), (63, 7), (63, 0), (60, 0x80), (71, 0x4d), (68, 0)].into_iter().enumerate()
    {
        // Without `last-commit`, no digest of the file says that it is another one.
        for files in [&FILES[..], &FILES[..2]] {
            let name = format!("header-{number}-{}", files.len());
            copy(&world.at("data"), &world.at(&name), files);
            let database = world.at(&name).join("state.db");
            let database = File::options().write(true).open(database).unwrap();
            database.write_all_at(&[octet], place).unwrap();
            let error = refused(&world.at(&name));
            assert!(error.contains("pca-local salvage DIR"), "{name}: {error}");
            let said = salvaged(&world, &name, &model);
            assert!(said.contains("damaged: the header of state.db says"), "{name}: {said}");
        }
    }
}

/// The first octets, and the size of pages.
#[test]
fn salvage_says_where_nothing_can_be_saved() {
    let world = World::new();
    let (server, _) = world.established("data", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    for place in [0, 17] {
        for files in [&FILES[..], &FILES[..2]] {
            let name = format!("lost-{place}-{}", files.len());
            copy(&world.at("data"), &world.at(&name), files);
            let database = world.at(&name).join("state.db");
            let database = File::options().write(true).open(database).unwrap();
            database.write_all_at(&[0x55], place).unwrap();
            let (code, state, said) = run(&["salvage", world.at(&name).to_str().unwrap()], b"");
            assert_eq!((code, state.len()), (Some(1), 0), "{name}: {said}");
            assert!(said.contains("nothing can be saved from"), "{name}: {said}");
            assert!(said.contains("a backup of state.db") && !said.contains("salvage"), "{said}");
        }
    }
}

#[test]
fn salvage_saves_a_ca_whose_row_was_changed() {
    let world = World::new();
    let (server, model) = world.established("data", 3);
    assert_eq!(server.stop("TERM"), Some(0));
    let change = |name: &str, sql: &str| {
        copy(&world.at("data"), &world.at(name), &FILES);
        let database = rusqlite::Connection::open(world.at(name).join("state.db")).unwrap();
        assert_eq!(database.execute(sql, []).unwrap(), 1);
    };
    change("changed", r#"UPDATE authority SET record = replace(record, '"Root"', '"Boot"')"#);
    let said = salvaged(&world, "changed", &model);
    assert!(said.contains("saved as it was found: row "), "{said}");
    assert!(!said.contains("not saved: CA"), "{said}");

    change("gone", "DELETE FROM authority");
    let (code, _, said) = run(&["salvage", world.at("gone").to_str().unwrap()], b"");
    assert_eq!((code, said.matches("CA 0").count()), (Some(1), 1), "{said}");
}

#[test]
fn a_row_that_is_changed_on_purpose_is_taken_without_digest() {
    let world = World::new();
    let (server, model) = world.established("data", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    let data = world.at("data");
    let change = |sql: &str| {
        let database = rusqlite::Connection::open(data.join("state.db")).unwrap();
        assert_eq!(database.execute(sql, []).unwrap(), 1);
    };
    change(r#"UPDATE authority SET record = replace(record, '"Root"', '"Boot"')"#);
    let error = refused(&data);
    assert!(error.contains("to NULL, and remove last-commit"), "{error}");
    fs::remove_file(data.join("last-commit")).unwrap();
    assert!(refused(&data).contains("set its digest to NULL"));
    change("UPDATE authority SET digest = NULL");
    let server = world.start("data");
    let of_ca = json!({"CertificateAuthorityArn": model.ca});
    let described = server.acknowledged("DescribeCertificateAuthority", &of_ca).unwrap();
    assert!(described.to_string().contains("Boot"), "{described}");
    holds(&server, &model);
}
