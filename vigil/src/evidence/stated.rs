//! What findings and anchors say about case records, and whether the records agree.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;
use vigil_core::{anchor::Anchor, jobs::auto_restore::Case};

use crate::input::{self, InputError};

#[derive(Debug, thiserror::Error)]
pub(super) enum AnchorError {
    #[error("{path} is not an anchor", path = .path.display())]
    NotAnAnchor {
        path: PathBuf,
        #[source]
        cause: serde_json::Error,
    },
    #[error(transparent)]
    Read(#[from] InputError),
}

/// That a record had this head when it had so many entries.
pub(super) struct Said {
    by: String,
    key: String,
    acts: usize,
    head: String,
}

/// The records that verify, by their keys.
#[derive(Default)]
pub(super) struct Cases(BTreeMap<String, Case>);

impl Cases {
    /// The key is what the record itself says; a copy keeps its number.
    pub(super) fn add(&mut self, path: &Path, case: Case) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.0.insert(format!("cases/{}/{name}", case.ca().id()), case);
    }

    /// Why a record does not agree with what was said of it.
    pub(super) fn contradiction(&self, said: &Said) -> Option<String> {
        let Said { by, key, acts, head } = said;
        let Some(case) = self.0.get(key) else {
            return Some(format!("{key}: {by} tells of it, and no record that verifies is there"));
        };
        match case.head_at(*acts) {
            Some(found) if found == head => None,
            Some(_) => {
                Some(format!("{key}: {by} tells of another entry {acts}, so it was made anew"))
            }
            None => Some(format!("{key}: {by} tells of {acts} entries, and it has fewer")),
        }
    }
}

/// Lines that are no finding about a case say nothing.
pub(super) fn of_findings(body: &[u8]) -> Vec<Said> {
    String::from_utf8_lossy(body).lines().filter_map(of_line).collect()
}

fn of_line(line: &str) -> Option<Said> {
    // An export of CloudWatch Logs has a time before the event.
    let mut finding: Value = serde_json::from_str(line.get(line.find('{')?..)?).ok()?;
    if let Some(message) = finding["message"].as_str() {
        finding = serde_json::from_str(message).ok()?;
    }
    if finding["detail"].is_object() {
        finding = finding["detail"].take();
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let evidence = &finding["evidence"];
    Some(Said {
        by: format!("finding {}", text(&finding["id"])?),
        key: text(&evidence["case"])?,
        acts: usize::try_from(evidence["case_acts"].as_u64()?).ok()?,
        head: text(&evidence["case_head"])?,
    })
}

/// With the anchor's digest, for comparison with the event that left the account.
pub(super) fn of_anchor(path: &Path) -> Result<(Vec<Said>, String), AnchorError> {
    let anchor: Anchor = serde_json::from_slice(&input::bytes(path)?)
        .map_err(|cause| AnchorError::NotAnAnchor { path: path.to_owned(), cause })?;
    let digest = anchor.digest();
    let by = format!("the anchor of {}", anchor.as_of.date());
    let said = |(key, head): (String, vigil_core::anchor::Head)| Said {
        by: by.clone(),
        key,
        acts: head.acts,
        head: head.head,
    };
    Ok((anchor.heads.into_iter().map(said).collect(), digest))
}
