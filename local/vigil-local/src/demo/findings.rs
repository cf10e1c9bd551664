//! The published findings, in order, read from the target of the template's own rule.

use std::{fs, io, path::PathBuf};

use serde_json::Value;

/// The log group that `infra/template.yaml` sends every finding to; a file on this stack.
const LOG_GROUP: &str = "FindingsLog";

pub(super) struct Findings {
    file: PathBuf,
    read: Vec<Value>,
}

impl Findings {
    pub(super) fn new(data_dir: &std::path::Path) -> Self {
        Self {
            file: data_dir.join("targets").join(LOG_GROUP).with_extension("jsonl"),
            read: Vec::new(),
        }
    }

    /// The findings that were published since the last call.
    pub(super) fn new_ones(&mut self) -> io::Result<Vec<Value>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let new: Vec<Value> = text
            .lines()
            .skip(self.read.len())
            .map(|line| {
                let line: Value = serde_json::from_str(line)?;
                Ok(line["message"]["detail"].clone())
            })
            .collect::<Result<_, serde_json::Error>>()?;
        self.read.extend(new.iter().cloned());
        Ok(new)
    }

    /// Of the CAs and their CRLs. What a CA has issued is reported whenever its newest report is read.
    pub(super) fn total(&self) -> usize {
        self.count(|finding| !is_of_report(finding))
    }

    /// Those of the CAs and their CRLs that have not ended.
    pub(super) fn open(&self) -> usize {
        let of = |status: &str| {
            self.count(|finding| !is_of_report(finding) && finding["status"] == status)
        };
        of("NEW").saturating_sub(of("RESOLVED"))
    }

    pub(super) fn count(&self, matches: impl Fn(&Value) -> bool) -> usize {
        self.read.iter().filter(|finding| matches(finding)).count()
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.read
    }
}

fn is_of_report(finding: &Value) -> bool {
    finding["rule"].as_str().is_some_and(|rule| rule.starts_with("audit-report."))
}
