//! Commands under measurement: how long they take and how much memory they hold at their peak.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{BenchResult, stopwatch};

/// A command, and the way that it must end: a quick failure must not count.
#[derive(Clone)]
pub struct Measured<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: Vec<&'a str>,
    /// Where it runs.
    pub folder: &'a Path,
    /// Environment variables to add.
    pub environment: &'a [(&'a str, &'a str)],
}

impl Measured<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(self.folder);
        command.envs(self.environment.iter().copied());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Seconds that one run takes.
    ///
    /// # Errors
    ///
    /// The program does not start, or fails.
    pub fn seconds(&self) -> BenchResult<f64> {
        let watch = stopwatch();
        let output = self.command().output().map_err(|error| self.failed(&error.to_string()))?;
        let took = watch.elapsed().as_secs_f64();
        if output.status.success() {
            return Ok(took);
        }
        Err(self.failed(&format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr))))
    }

    /// Resident, in MiB, as the kernel's high-water mark was last seen. The mark goes with the process
    /// and there is nothing to wait on but its end, so it is read again and again: what a process
    /// adds in its last half millisecond is missed.
    pub fn peak(&self) -> BenchResult<f64> {
        let mut child = self.command().spawn().map_err(|error| self.failed(&error.to_string()))?;
        let path = format!("/proc/{}/status", child.id());
        let mut peak: f64 = 0.0;
        loop {
            if let Ok(status) = std::fs::read_to_string(&path) {
                let line = status.lines().find(|line| line.starts_with("VmHWM:"));
                let number = line.and_then(|line| line.split_ascii_whitespace().nth(1));
                let kib: f64 = number.and_then(|number| number.parse().ok()).unwrap_or(0.0);
                peak = peak.max(kib / 1024.0);
            }
            match child.try_wait().map_err(|error| self.failed(&error.to_string()))? {
                Some(status) if status.success() => return Ok(peak),
                Some(status) => return Err(self.failed(&status.to_string())),
                None => std::thread::sleep(Duration::from_micros(500)),
            }
        }
    }

    fn failed(&self, why: &str) -> String {
        format!("{} {}: {why}", self.program.display(), self.arguments.join(" "))
    }
}

/// The best of `rounds`. The commands take turns, so that other load affects all of them.
pub fn fastest(rounds: usize, measured: &[&Measured<'_>]) -> BenchResult<Vec<f64>> {
    let mut best = vec![f64::INFINITY; measured.len()];
    for _ in 0..rounds {
        for (best, measured) in best.iter_mut().zip(measured) {
            *best = best.min(measured.seconds()?);
        }
    }
    Ok(best)
}
