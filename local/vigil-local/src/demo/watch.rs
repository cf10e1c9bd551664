//! The findings, read from where the template's own rule keeps them, in the order in which they
//! came.

use std::{fs, io, path::PathBuf};

use serde_json::Value;

/// The log group that `infra/template.yaml` sends every finding to; a file on this stack.
const LOG_GROUP: &str = "FindingsLog";

pub(super) struct Watch {
    file: PathBuf,
    findings: Vec<Value>,
}

impl Watch {
    pub(super) fn new(data_dir: &std::path::Path) -> Self {
        Self {
            file: data_dir.join("targets").join(LOG_GROUP).with_extension("jsonl"),
            findings: Vec::new(),
        }
    }

    /// What has come since the last look.
    pub(super) fn news(&mut self) -> io::Result<Vec<Value>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let news: Vec<Value> = text
            .lines()
            .skip(self.findings.len())
            .map(|line| {
                let line: Value = serde_json::from_str(line)?;
                Ok(line["message"]["detail"].clone())
            })
            .collect::<Result<_, serde_json::Error>>()?;
        self.findings.extend(news.iter().cloned());
        Ok(news)
    }

    pub(super) fn total(&self) -> usize {
        self.findings.len()
    }

    pub(super) fn count(&self, matches: impl Fn(&Value) -> bool) -> usize {
        self.findings.iter().filter(|finding| matches(finding)).count()
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.findings
    }
}
