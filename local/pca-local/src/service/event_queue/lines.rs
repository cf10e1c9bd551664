//! Events as lines of JSON, in a file or on standard output.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt as _,
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
    /// The last line may have no end: a write failed, or an earlier process was killed.
    is_torn: bool,
    /// Batches that could not be written since the last one that could.
    failures: u64,
}

impl Lines {
    /// At the end of a file, which is made if it does not exist.
    ///
    /// # Errors
    /// If the file cannot be opened for writing.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).read(true).open(path)?;
        let is_torn = is_torn(&file)?;
        let name = path.display().to_string();
        Ok(Self { name, out: Some(Box::new(file)), is_torn, failures: 0 })
    }

    /// On standard output.
    pub fn stdout() -> Self {
        let name = "standard output".to_owned();
        Self { name, out: Some(Box::new(io::stdout())), is_torn: false, failures: 0 }
    }

    /// A disk that is full refuses every batch: one line for all of them.
    fn failed(&mut self, error: &io::Error, lost: u64) {
        self.is_torn = true;
        self.failures += 1;
        if self.failures == 1 {
            tracing::error!(to = self.name, %error, lost, "events are not written");
        }
    }

    fn succeeded(&mut self, lost: u64) {
        self.is_torn = false;
        if self.failures > 0 {
            let failures = std::mem::take(&mut self.failures);
            tracing::warn!(to = self.name, failures, lost, "events are written again");
        }
    }
}

/// Whether a file ends within a line. What is no file of octets that stay has no end.
fn is_torn(file: &File) -> io::Result<bool> {
    let found = file.metadata()?;
    if !found.is_file() || found.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, found.len() - 1)?;
    Ok(last != *b"\n")
}

impl Carrier for Lines {
    fn carry<'a>(&'a mut self, events: &'a [String], given_up: &'a Count) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(mut out) = self.out.take() else { return };
            let torn = if self.is_torn { "\n" } else { "" };
            let lines = events.iter().flat_map(|event| [event.as_str(), "\n"]);
            let lines: String = std::iter::once(torn).chain(lines).collect();
            let written = tokio::task::spawn_blocking(move || {
                let written = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
                (out, written)
            });
            match written.await {
                Ok((out, written)) => {
                    self.out = Some(out);
                    match written {
                        Ok(()) => self.succeeded(given_up.read()),
                        Err(error) => self.failed(&error, given_up.add(events.len())),
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

    /// Takes some octets, then none for a while.
    struct FullDisk(std::sync::Arc<std::sync::Mutex<(Vec<u8>, usize)>>);

    impl Write for FullDisk {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let mut disk = self.0.lock().unwrap();
            let room = disk.1.min(octets.len());
            if room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            disk.1 -= room;
            disk.0.extend_from_slice(&octets[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_that_a_full_disk_tore_is_ended_before_the_next() {
        let disk = std::sync::Arc::new(std::sync::Mutex::new((Vec::new(), 12)));
        let mut lines = Lines::stdout();
        lines.out = Some(Box::new(FullDisk(std::sync::Arc::clone(&disk))));
        let lost = Count::default();
        for (room, event) in
            [(12, r#"{"a":1}"#), (3, r#"{"b":2}"#), (0, r#"{"c":3}"#), (99, r#"{"d":4}"#)]
        {
            disk.lock().unwrap().1 = room;
            lines.carry(&[event.to_owned()], &lost).await;
        }
        let text = String::from_utf8(disk.lock().unwrap().0.clone()).unwrap();
        assert_eq!(text, "{\"a\":1}\n{\"b\n{\"d\":4}\n");
        assert_eq!(lost.read(), 2);
    }

    #[tokio::test]
    async fn a_line_that_an_earlier_process_tore_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, "{\"a\":1}\n{\"b").unwrap();
        let mut lines = Lines::append_to(&path).unwrap();
        lines.carry(&["{}".to_owned()], &Count::default()).await;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\n{}\n");
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_counted() {
        let queue = EventQueue::to_lines(Lines::append_to(Path::new("/dev/full")).unwrap());
        queue.deliver(json!({}));
        queue.finish().await;
        assert_eq!(queue.lost(), 1);
    }
}
