//! What a process did to the files of its data directory, step by step, from strace's record.

use std::{collections::BTreeMap, fs, path::Path};

use super::process::Random;

const SECTOR: usize = 512;

enum Step {
    Write {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Remove {
        file: String,
    },
    Synchronise {
        file: String,
    },
    /// An answer has left.
    Answer,
}

pub(crate) struct Recording {
    steps: Vec<Step>,
}

/// Files by their names.
#[derive(Clone, Default)]
pub(crate) struct Image(BTreeMap<String, Vec<u8>>);

impl Recording {
    /// A file for each thread, in which every octet is written out.
    pub(crate) fn arguments(to: &Path) -> Vec<String> {
        let calls = "trace=lseek,write,pwrite64,ftruncate,unlink,fsync,fdatasync,writev,sendto";
        let to = to.display().to_string();
        ["-ff", "-yy", "-ttt", "-xx", "-s", "9000", "-e", calls, "-o", &to]
            .map(str::to_owned)
            .into()
    }

    pub(crate) fn read(trace: &Path, data: &Path) -> Self {
        let name = trace.file_name().unwrap().to_str().unwrap();
        let mut lines = Vec::new();
        for entry in fs::read_dir(trace.parent().unwrap()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap().starts_with(&format!("{name}.")) {
                let text = fs::read_to_string(entry.path()).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
        }
        // By their time, which all threads share.
        lines.sort();
        let mut positions = BTreeMap::new();
        let data = format!("{}/", data.display());
        let step = |line: &String| parse(line, &data, &mut positions);
        Self { steps: lines.iter().filter_map(step).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn answers(&self) -> usize {
        self.answers_before(self.len())
    }

    pub(crate) fn answers_before(&self, end: usize) -> usize {
        self.steps[..end].iter().filter(|step| matches!(step, Step::Answer)).count()
    }

    /// As the system has the files when the process is gone.
    pub(crate) fn killed_at(&self, end: usize) -> Image {
        let mut image = Image::default();
        for step in &self.steps[..end] {
            image.take(step, |_| true);
        }
        image
    }

    /// As the disk has them: of each sector what was synchronised last, or any of what was written
    /// to it since.
    pub(crate) fn without_power_at(&self, end: usize, random: &mut Random) -> Image {
        let mut synchronised = BTreeMap::new();
        for (place, step) in self.steps[..end].iter().enumerate() {
            if let Step::Synchronise { file } = step {
                synchronised.insert(file.clone(), place);
            }
        }
        let mut image = Image::default();
        let mut limits: BTreeMap<(String, usize), usize> = BTreeMap::new();
        for (place, step) in self.steps[..end].iter().enumerate() {
            image.take(step, |(file, sector)| {
                let since = synchronised.get(file).copied().unwrap_or_default();
                if place <= since {
                    return true;
                }
                let limit = limits
                    .entry((file.to_owned(), sector))
                    .or_insert_with(|| since + random.below((end - since) as u64 + 1) as usize);
                place <= *limit
            });
        }
        image
    }
}

impl Image {
    /// Writes those sectors that `reaches`.
    fn take(&mut self, step: &Step, mut reaches: impl FnMut((&str, usize)) -> bool) {
        match step {
            Step::Write { file, at, bytes } => {
                let content = self.0.entry(file.clone()).or_default();
                if content.len() < at + bytes.len() {
                    content.resize(at + bytes.len(), 0);
                }
                let mut place = *at;
                while place < at + bytes.len() {
                    let sector = place / SECTOR;
                    let end = ((sector + 1) * SECTOR).min(at + bytes.len());
                    if reaches((file, sector)) {
                        content[place..end].copy_from_slice(&bytes[place - at..end - at]);
                    }
                    place = end;
                }
            }
            Step::Truncate { file, length } => {
                self.0.entry(file.clone()).or_default().resize(*length, 0);
            }
            Step::Remove { file } => drop(self.0.remove(file)),
            Step::Synchronise { .. } | Step::Answer => {}
        }
    }

    pub(crate) fn take_back(&mut self, file: &str, earlier: &Self) {
        match earlier.0.get(file) {
            Some(content) => drop(self.0.insert(file.to_owned(), content.clone())),
            None => self.remove(file),
        }
    }

    pub(crate) fn remove(&mut self, file: &str) {
        self.0.remove(file);
    }

    /// Into a directory of its own. The log's index is made anew by each process that opens the
    /// log.
    pub(crate) fn write(&self, to: &Path) {
        drop(fs::remove_dir_all(to));
        fs::create_dir(to).unwrap();
        for (file, content) in &self.0 {
            if !file.ends_with("-shm") {
                fs::write(to.join(file), content).unwrap();
            }
        }
    }
}

/// A call as strace writes it: `TIME NAME(FD<PATH>, ARGUMENTS) = RESULT`.
fn parse(line: &str, data: &str, positions: &mut BTreeMap<String, usize>) -> Option<Step> {
    let (_, call) = line.split_once(' ')?;
    let (call, result) = call.rsplit_once(" = ")?;
    let result: i64 = result.split_whitespace().next()?.parse().ok()?;
    let (name, arguments) = call.split_once('(')?;
    if result < 0 {
        return None;
    }
    if name == "writev" || name == "sendto" {
        let answer = hex(b"HTTP/1.1 ");
        return arguments.contains(&format!("\"{answer}")).then_some(Step::Answer);
    }
    if name == "unlink" {
        let path = text(quoted(arguments)?);
        return Some(Step::Remove { file: path.strip_prefix(data)?.to_owned() });
    }
    let path = text(arguments.split_once('<')?.1.split_once('>')?.0);
    let file = path.strip_prefix(data)?.to_owned();
    let number = |text: &str| text.trim().trim_end_matches(')').parse::<usize>().ok();
    let last = number(arguments.rsplit_once(',').map_or("", |(_, last)| last));
    Some(match name {
        "lseek" => {
            positions.insert(file, usize::try_from(result).ok()?);
            return None;
        }
        "write" => {
            let at = positions.entry(file.clone()).or_default();
            let (start, bytes) = (*at, octets(quoted(arguments)?));
            assert_eq!(bytes.len() as i64, result, "all of it is recorded");
            *at += bytes.len();
            Step::Write { file, at: start, bytes }
        }
        "pwrite64" => Step::Write { file, at: last?, bytes: octets(quoted(arguments)?) },
        "ftruncate" => Step::Truncate { file, length: last? },
        "fsync" | "fdatasync" => Step::Synchronise { file },
        _ => return None,
    })
}

fn quoted(arguments: &str) -> Option<&str> {
    Some(arguments.split_once('"')?.1.split_once('"')?.0)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("\\x{octet:02x}")).collect()
}

fn octets(text: &str) -> Vec<u8> {
    let octet = |digits: &str| u8::from_str_radix(digits, 16).unwrap();
    text.split("\\x").skip(1).map(octet).collect()
}

fn text(text: &str) -> String {
    String::from_utf8(octets(text)).unwrap()
}
