//! Changes of everything at once, on a disk without room for them.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    World,
    process::{Row, Server, copy, run},
};

/// With files that cannot become longer than so many blocks of 512 octets.
fn import(data: &Path, state: &Path, blocks: u32) -> (Option<i32>, String) {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_pca-local"), "import", "--data-dir"])
        .arg(data)
        .stdin(File::open(state).unwrap())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_import_without_room_is_done_or_is_an_error() {
    let mut row = Row::new(
        "3d `import` with room for nothing, for some, and for nearly all of it",
        "the new state and exit code 0, or the old one and exit code 1",
    );
    let world = World::new();
    let [old, new] = ["old", "new"].map(|name| {
        let (server, model) = world.established(name, 12);
        assert_eq!(server.stop("TERM"), Some(0));
        model.ca
    });
    let file = world.at("state.jsonl");
    let (_, state, _) = run(&["export", "--data-dir", world.at("new").to_str().unwrap()], b"");
    fs::write(&file, state).unwrap();
    let mut runs = 0;
    let mut is_done = |blocks: u32| {
        runs += 1;
        let data = world.at(&format!("data-{runs}"));
        copy(&world.at("old"), &data, &["state.db", "lock", "last-commit"]);
        let (code, said) = import(&data, &file, blocks);
        let (_, found, error) = run(&["export", "--data-dir", data.to_str().unwrap()], b"");
        let found = String::from_utf8(found).unwrap();
        // It says so too if only the log could not be taken in.
        let says_done = code == Some(0) || said.contains("the state is imported");
        let has = [&old, &new].map(|ca| found.contains(ca.as_str()));
        assert_eq!(has, [!says_done, says_done], "{blocks} blocks: {said}, {error}");
        says_done
    };
    let (mut too_little, mut enough) = (0, 4096);
    while enough - too_little > 8 {
        let middle = u32::midpoint(too_little, enough);
        if is_done(middle) { enough = middle } else { too_little = middle }
    }
    // Around the end of its commit, where a second one would not fit.
    for blocks in (too_little.saturating_sub(40)..enough + 24).step_by(4) {
        is_done(blocks);
    }
    row.saw(format!("{runs} imports, {enough} blocks are enough"));
}

#[test]
fn a_reset_without_room_is_done_or_is_an_error() {
    let _row =
        Row::new("3e a reset on a full disk", "everything is forgotten, or 500 and nothing is");
    let world = World::new();
    let (server, model) = world.established("data", 1);
    assert_eq!(server.stop("TERM"), Some(0));
    let server = Server::start_limited(&world.at("data"), &world.sink, 400);
    server.admin("PUT", "faults", &json!({"issuance": true})).unwrap();
    let tags = json!({"CertificateAuthorityArn": model.ca, "Tags": [{"Key": "a", "Value": "b"}]});
    while server.call("TagCertificateAuthority", &tags).unwrap().0 == 200 {}
    let seen = |server: &Server| {
        let listed = server.acknowledged("ListCertificateAuthorities", &json!({})).unwrap();
        let cas = listed["CertificateAuthorities"].as_array().unwrap().len();
        (cas, server.admin("GET", "faults", &Value::Null).unwrap())
    };
    let before = seen(&server);
    assert_eq!(before.0, 1);
    let mut refused = 0;
    while refused < 20 {
        let (status, answer) = server.try_admin("POST", "reset", &Value::Null).unwrap();
        let after = seen(&server);
        if status == 204 {
            assert_eq!(after.0, 0, "acknowledged and done");
            assert_ne!(after.1, before.1);
            break;
        }
        assert_eq!((status, &after), (500, &before), "{answer}");
        refused += 1;
    }
    assert!(refused > 0, "the disk has been full");
}
