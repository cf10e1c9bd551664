//! Which files of a folder are audit reports.

use std::path::{Path, PathBuf};

use super::{
    error::ReportFileError,
    files::complain,
    own::{self, Own},
};
use crate::{
    input::{self, InputError},
    newest_report::id_in_path,
};

/// What Vigil keeps in the evidence bucket (ARCHITECTURE.md, The evidence bucket).
const EVIDENCE: [&str; 14] = [
    "acks",
    "alerts",
    "anchors",
    "approvals",
    "cases",
    "findings",
    "holds",
    "policies",
    "rejected-events",
    "reports/audit-report",
    "reports/crl-audit",
    "settings",
    "state",
    "summaries",
];

/// The audit reports of a folder, or the one file. What Vigil wrote there is skipped with a word.
pub(super) fn reports_in(path: &Path) -> Result<Vec<PathBuf>, ReportFileError> {
    if !path.is_dir() {
        return match own::of(path) {
            Some(Own::Other(form)) => Err(ReportFileError::Own { path: path.to_owned(), form }),
            Some(Own::FleetReport) | None => Ok(vec![path.to_owned()]),
        };
    }
    let mut files = tables(path)?;
    files.retain(|file| {
        let Some(own) = own::of(file) else { return true };
        let (file, own) = (file.display(), own.in_words());
        complain(&format!("{file}: Vigil wrote it ({own}), and it is no audit report: skipped"));
        false
    });
    if files.is_empty() {
        return Err(ReportFileError::Empty(path.to_owned()));
    }
    Ok(files)
}

/// The audit reports in a copy of the evidence bucket: where ACM PCA would write them, or outside of what
/// Vigil keeps there.
pub(super) fn reports_beside_evidence(path: &Path) -> Result<Vec<PathBuf>, ReportFileError> {
    let mut files = tables(path)?;
    files.retain(|file| {
        let relative = file.strip_prefix(path).unwrap_or(file);
        let is_acm_pcas = id_in_path(&relative.to_string_lossy()).is_some();
        let is_evidence = EVIDENCE.iter().any(|folder| relative.starts_with(folder));
        is_acm_pcas || !is_evidence && own::looks_like_a_report(file)
    });
    Ok(files)
}

/// The files of both forms, in order.
fn tables(folder: &Path) -> Result<Vec<PathBuf>, ReportFileError> {
    let mut files = Vec::new();
    for extension in ["csv", "json"] {
        match input::files(&[folder.to_owned()], extension) {
            Ok(found) => files.extend(found),
            Err(InputError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn reports_beside_evidence_are_found_and_evidence_is_not() {
        const ID: &str = "11223344-1234-1122-2233-112233445566";
        let folder = tempfile::tempdir().unwrap();
        let of_acm_pca = format!("reports/audit-report/{ID}/{ID}.json");
        let record = "[{\"awsAccountId\": \"1\"}]";
        let state = format!("state/audit-report/{ID}.json");
        let summary = format!("summaries/{ID}/{ID}.json");
        for (name, text) in [
            (of_acm_pca.as_str(), "damaged"),
            ("export/r.json", record),
            ("r.csv", "awsAccountId,serial\n"),
            (state.as_str(), record),
            (summary.as_str(), record),
            ("cases/a/b.json", record),
            ("notes.json", "{}"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = reports_beside_evidence(folder.path()).unwrap();
        let want =
            ["export/r.json", "r.csv", of_acm_pca.as_str()].map(|name| folder.path().join(name));
        assert_eq!(found, want);
    }
}
