//! Events as lines of JSON, in a file or on standard output.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use futures::future::BoxFuture;

use super::carrier::{Carrier, Count};

/// A place for lines. Nothing else writes between them.
pub struct Lines {
    /// What a log calls it.
    name: String,
    /// Away while lines are being written.
    out: Option<Box<dyn Write + Send>>,
}

impl Lines {
    /// At the end of a file, which is made if it does not exist.
    ///
    /// # Errors
    /// If the file cannot be opened for writing.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { name: path.display().to_string(), out: Some(Box::new(file)) })
    }

    /// On standard output.
    pub fn stdout() -> Self {
        Self { name: "standard output".to_owned(), out: Some(Box::new(io::stdout())) }
    }
}

impl Carrier for Lines {
    fn carry<'a>(&'a mut self, events: &'a [String], given_up: &'a Count) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(mut out) = self.out.take() else { return };
            let lines: String = events.iter().flat_map(|event| [event.as_str(), "\n"]).collect();
            let written = tokio::task::spawn_blocking(move || {
                let written = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
                (out, written)
            });
            match written.await {
                Ok((out, written)) => {
                    self.out = Some(out);
                    if let Err(error) = written {
                        let lost = given_up.add(events.len());
                        tracing::error!(to = self.name, %error, lost, "events were not written");
                    }
                }
                Err(error) => tracing::error!(to = self.name, %error, "writing events ended"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::service::{event_queue::EventQueue, events::EventSink as _};

    #[tokio::test]
    async fn a_file_gets_a_line_for_each_event_after_what_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        for run in 0..2 {
            let queue = EventQueue::to_lines(Lines::append_to(&path).unwrap());
            for number in 0..25 {
                queue.deliver(json!({"run": run, "number": number}));
            }
            queue.finish().await;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 50);
        assert_eq!(lines[26], json!({"run": 1, "number": 1}));
        assert!(Lines::append_to(folder.path()).is_err(), "a folder is no file");
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_counted() {
        let queue = EventQueue::to_lines(Lines::append_to(Path::new("/dev/full")).unwrap());
        queue.deliver(json!({}));
        queue.finish().await;
        assert_eq!(queue.lost(), 1);
    }
}
