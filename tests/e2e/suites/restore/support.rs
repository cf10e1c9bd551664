//! The steps of this suite: approving, explaining, checking a case's hash chain.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use e2e::world::World;
use serde_json::Value;

/// The chain of a case's acts, checked by another program in another language.
pub(super) fn chain_breaks(case: &Value) -> Option<u64> {
    const CHECK: &str = r#"
import hashlib, json, sys
previous = "0" * 64
for place, entry in enumerate(json.load(sys.stdin)["entries"]):
    claimed = entry.pop("hash")
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if entry["previous"] != previous or hashlib.sha256(text.encode()).hexdigest() != claimed:
        sys.exit(str(place))
    previous = claimed
"#;
    let mut python = Command::new(e2e::tool("python"));
    python.args(["-c", CHECK]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then(|| said.trim().parse().expect("the place of the break"))
}

pub(super) fn restorations(world: &World) -> usize {
    let events = world.stack.events();
    let is_restoration =
        |event: &Value| event["detail"]["eventName"] == "RestoreCertificateAuthority";
    events.iter().filter(|seen| is_restoration(&seen.event)).count()
}

/// The answer of `vigil policy explain` for a case's record, offline.
pub(super) async fn explain(world: &World, case: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("case.json");
    std::fs::write(&record, case).unwrap();
    let record = record.display().to_string();
    let (is_done, text) = vigil(world, &["policy", "explain", &record, "--json"]).await;
    assert!(is_done, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Runs `vigil` as carol would.
pub(super) async fn vigil(world: &World, arguments: &[&str]) -> (bool, String) {
    world.vigil("carol", arguments).await
}
