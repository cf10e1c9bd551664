//! SNS topics, SQS queues and log groups, which are files here. Each message that reaches one is a
//! JSON line in `<data-dir>/targets/<LogicalId>.jsonl`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pca_local::Clock;
use serde_json::{Value, json};

use crate::clock::to_the_second;

/// A topic, queue or log group, which is a file here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sink {
    pub(crate) kind: SinkKind,
    pub(crate) logical_id: String,
    /// That of a log group is without `:*`.
    pub(crate) arn: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkKind {
    /// Outside of the template: its policy is not known.
    Elsewhere,
    LogGroup,
    Queue,
    Topic,
}

#[derive(Debug)]
pub(crate) struct Sinks {
    folder: PathBuf,
    mailboxes: PathBuf,
    clock: Clock,
    /// One line at a time.
    writing: Mutex<()>,
}

impl Sinks {
    /// The folders exist.
    pub(crate) fn in_folders(folder: PathBuf, mailboxes: PathBuf, clock: Clock) -> Self {
        Self { folder, mailboxes, clock, writing: Mutex::default() }
    }

    /// What a subscriber of a topic receives.
    pub(crate) fn mail(&self, endpoint: &str, message: &Value) {
        let safe = |c: char| if c.is_alphanumeric() || "@.+-".contains(c) { c } else { '_' };
        let name: String = endpoint.chars().map(safe).collect();
        let mut line = json!({"time": to_the_second(self.clock.now()), "to": endpoint});
        for (key, value) in message.as_object().into_iter().flatten() {
            line[key] = value.clone();
        }
        self.write(&self.mailboxes.join(format!("{name}.jsonl")), &line);
    }

    /// `from` is the ARN of the sender, a rule or a function. A failure to write is only logged: events
    /// are asynchronous, so no caller waits for an answer.
    pub(crate) fn append(&self, target: &str, from: &str, message: &Value, attributes: &Value) {
        let mut line = json!({
            "time": to_the_second(self.clock.now()),
            "target": target,
            "from": from,
            "message": message,
        });
        if !attributes.is_null() {
            line["attributes"] = attributes.clone();
        }
        self.write(&self.folder.join(format!("{target}.jsonl")), &line);
    }

    fn write(&self, path: &Path, line: &Value) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let written = std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            tracing::error!(path = %path.display(), %error, "could not write what reached a target");
        }
    }
}
