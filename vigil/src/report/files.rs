//! Counts audit reports, and takes the newest of each CA.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

use time::OffsetDateTime;
use vigil_core::{
    arn::CaArn,
    audit_report::{BadRecord, BadRecords, Ending, Format, Record, ReportError, ReportReader},
    fleet::{CertificateCounter, CertificateNumbers, Unchecked},
};

use super::ReportFileError;
use crate::{
    newest_report::{Age, Owners, id_in_path},
    output::plain,
};

/// What a report says.
pub(super) struct Counted {
    name: String,
    pub(super) ca: CaArn,
    pub(super) numbers: CertificateNumbers,
    age: Age,
}

/// Counts by CA: only at the end of a report it is known whose it is.
struct Counting {
    as_of: OffsetDateTime,
    owners: Owners,
    counters: BTreeMap<String, CertificateCounter>,
    records: u64,
}

impl Counting {
    fn new(as_of: OffsetDateTime) -> Self {
        Self { as_of, owners: Owners::default(), counters: BTreeMap::new(), records: 0 }
    }

    fn add(&mut self, record: &Record<'_>) {
        self.records += 1;
        let Some(ca) = self.owners.add(record) else { return };
        if let Some(counter) = self.counters.get_mut(ca) {
            counter.add(record);
            return;
        }
        let mut counter = CertificateCounter::new(self.as_of);
        counter.add(record);
        self.counters.insert(ca.to_owned(), counter);
    }
}

/// `None`: the report has no record.
pub(super) fn count(
    path: &Path,
    as_of: OffsetDateTime,
    unchecked: &mut Vec<Unchecked>,
) -> Result<Option<Counted>, ReportFileError> {
    let mut counting = Counting::new(as_of);
    let ending = read(path, &mut counting)?;
    let name = path.display().to_string();
    let Counting { owners, mut counters, records, .. } = counting;
    // The whole report of a CA that has issued nothing: it names no CA.
    if ending.records == 0 && ending.incomplete.is_empty() {
        complain(&format!("{name}: no record, skipped"));
        return Ok(None);
    }
    let no_ca = || ReportFileError::NoCa(path.to_owned());
    let owner = owners.owner(&name).ok_or_else(no_ca)?;
    let counter = counters.remove(owner.ca.as_str()).ok_or_else(no_ca)?;
    let (_, numbers, _) = counter.finish(name.clone(), ending.unreadable.count);
    let mut add = |why: String| unchecked.push(Unchecked { what: name.clone(), why });
    let named = id_in_path(&name).filter(|id| *id != owner.ca.id());
    if let Some(id) = named {
        add(format!("its path names the CA {id}, and no record does"));
    }
    let foreign = records - owner.records;
    if foreign > 0 {
        add(format!("{foreign} records are of another CA and were not counted"));
    }
    for why in &ending.incomplete {
        add(format!("incomplete: {why}"));
    }
    if ending.unreadable.count > 0 {
        add(in_words(&ending.unreadable));
    }
    let modified = path.metadata().and_then(|of| of.modified()).ok();
    let age = Age { latest: owner.latest, modified };
    let ca = owner.ca.clone();
    Ok(Some(Counted { name, ca, numbers, age }))
}

fn read(path: &Path, counting: &mut Counting) -> Result<Ending, ReportFileError> {
    let failed = |cause| ReportFileError::Read { path: path.to_owned(), cause };
    let not_a_report = |cause| ReportFileError::NotAReport { path: path.to_owned(), cause };
    let mut file = File::open(path).map_err(failed)?;
    let mut piece = vec![0; 256 * 1024];
    let mut take = |record: &Record<'_>| counting.add(record);
    let mut reader: Option<ReportReader> = None;
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        if count == 0 {
            break;
        }
        let format = || format_of(&piece[..count]);
        let reader = reader.get_or_insert_with(|| ReportReader::new(format()));
        reader.push(&piece[..count], &mut take);
    }
    let reader = reader.ok_or_else(|| not_a_report(ReportError::Empty))?;
    reader.finish(&mut take).map_err(not_a_report)
}

/// A report that begins with `[` is JSON.
fn format_of(beginning: &[u8]) -> Format {
    let first = beginning.iter().find(|byte| !byte.is_ascii_whitespace() && **byte < 0x80);
    if matches!(first, Some(b'[' | b'{')) { Format::Json } else { Format::Csv }
}

/// Where each of the first lies, and how much is lost with them.
fn in_words(bad: &BadRecords) -> String {
    let one = |of: &BadRecord| {
        format!("record {} at offset {}, {} bytes: {}", of.number, of.offset, of.bytes, of.why)
    };
    let first: Vec<String> = bad.first.iter().map(one).collect();
    let (count, bytes) = (bad.count, bad.bytes);
    format!("{count} records could not be read, {bytes} bytes in all: {}", first.join("; "))
}

/// The newest report of each CA. The others are named on standard error.
pub(super) fn newest(counted: Vec<Counted>) -> impl Iterator<Item = Counted> {
    let mut newest: BTreeMap<CaArn, Counted> = BTreeMap::new();
    let mut older: Vec<(String, CaArn)> = Vec::new();
    for of in counted {
        let Some(known) = newest.get_mut(&of.ca) else {
            newest.insert(of.ca.clone(), of);
            continue;
        };
        let left_out = if known.age > of.age { of } else { std::mem::replace(known, of) };
        older.push((left_out.name, left_out.ca));
    }
    for (name, ca) in older {
        let of = newest.get(&ca).map_or("", |of| of.name.as_str());
        complain(&format!("{name}: left out, {of} is a newer report of the same CA"));
    }
    newest.into_values()
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(text));
}
