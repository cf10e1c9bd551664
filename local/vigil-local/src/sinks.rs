//! SNS topics, SQS queues and log groups, which are files here. Each message that reaches one is a
//! JSON line in `<data-dir>/targets/<LogicalId>.jsonl`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pca_local::Clock;
use serde_json::{Value, json};

use crate::clock::to_the_second;

#[derive(Debug)]
pub(crate) struct Sinks {
    folder: PathBuf,
    clock: Clock,
    /// One line at a time.
    writing: Mutex<()>,
}

impl Sinks {
    /// The folder exists.
    pub(crate) fn in_folder(folder: PathBuf, clock: Clock) -> Self {
        Self { folder, clock, writing: Mutex::default() }
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
        let path = self.folder.join(format!("{target}.jsonl"));
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let written = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            tracing::error!(path = %path.display(), %error, "could not write what reached a target");
        }
    }
}
