//! The golden files: every finding of every kind of every rule, as it is read.
//!
//! `UPDATE_GOLDEN=1 cargo test -p vigil-core --lib` writes them anew.

use std::{env, fs, path::Path};

use super::Finding;

/// What the findings of the golden files are about.
pub(crate) const RESOURCE: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

/// Fails where `findings` read otherwise than `tests/golden/findings/<area>.txt`.
pub(crate) fn assert_golden(area: &str, findings: &[Finding]) {
    let mut findings: Vec<&Finding> = findings.iter().collect();
    let order = |finding: &&Finding| (finding.rule.clone(), finding.evidence["kind"].to_string());
    findings.sort_by_key(order);
    let texts: Vec<String> = findings.into_iter().map(Finding::to_string).collect();
    assert_file(&format!("tests/golden/findings/{area}.txt"), &texts.join("\n"));
}

/// Fails where the file of this package at `path` does not have `text`. With `UPDATE_GOLDEN` set it
/// writes the file.
pub(crate) fn assert_file(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "{path} has drifted: set UPDATE_GOLDEN=1, run again and read the diff"
    );
}
