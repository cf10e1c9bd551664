//! Keeps the results: findings as JSON lines, the evidence bucket as files.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use serde_json::Value;

use super::{DemoError, cast::Person};

pub(super) fn findings(findings: &[Value], out: &Path) -> Result<(), DemoError> {
    let text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    Ok(fs::write(out.join("findings.jsonl"), text)?)
}

pub(super) async fn evidence(reader: &Person, bucket: &str, out: &Path) -> Result<(), DemoError> {
    for key in reader.keys(bucket, "").await? {
        let path = out.join("evidence").join(relative(&key));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, reader.object(bucket, &key).await?)?;
    }
    Ok(())
}

/// An object key as a path that cannot leave the folder.
fn relative(key: &str) -> PathBuf {
    Path::new(key).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}
