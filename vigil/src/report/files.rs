//! The summaries of audit reports in files, and the newest of each CA.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::Path,
};

use time::OffsetDateTime;
use vigil_core::{
    arn::CaArn,
    audit_report::{Apart, BadRecord, BadRecords, Concern, Document, SCHEMA},
    fleet::{CertificateNumbers, Unchecked},
    jobs::fleet,
};

use super::{
    error::ReportFileError,
    summarise::{Summarised, summarise},
};
use crate::{
    newest_report::{Age, id_in_path, is_uuid},
    output::plain,
};

/// What a report says.
pub(super) struct Counted {
    /// Its path.
    pub(super) name: String,
    pub(super) document: Document,
    /// Those of the document.
    pub(super) numbers: CertificateNumbers,
    age: Age,
}

/// `None`: the report has no record.
pub(super) fn count(
    path: &Path,
    as_of: OffsetDateTime,
    unchecked: &mut Vec<Unchecked>,
) -> Result<Option<Counted>, ReportFileError> {
    let name = path.display().to_string();
    let Some(read) = summarise(path, as_of)? else {
        complain(&format!("{name}: no record, skipped"));
        return Ok(None);
    };
    let why = what_is_wrong(&name, &read);
    unchecked.extend(why.into_iter().map(|why| Unchecked { what: name.clone(), why }));
    let modified = path.metadata().and_then(|of| of.modified()).ok();
    let age = Age { latest: read.latest, modified };
    let document = document(path, name.clone(), read);
    let numbers = fleet::numbers_of(&document, name.clone())
        .map_err(|cause| ReportFileError::Json { path: path.to_owned(), cause })?;
    Ok(Some(Counted { name, document, numbers, age }))
}

/// The summary in the form that audit-report publishes. Where the report came from is not known.
fn document(path: &Path, name: String, read: Summarised) -> Document {
    let Summarised { ca, summary, input, .. } = read;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    Document {
        schema: SCHEMA.to_owned(),
        ca,
        // ACM PCA names a report by its id.
        report: if is_uuid(&stem) { stem.into_owned() } else { String::new() },
        bucket: String::new(),
        key: name,
        created_at: None,
        analysed_at: summary.as_of,
        input,
        compared: None,
        summary,
    }
}

/// What keeps the counts from being all that there is, one sentence each.
fn what_is_wrong(name: &str, read: &Summarised) -> Vec<String> {
    let Summarised { ca, summary, ending, .. } = read;
    let mut wrong = Vec::new();
    if let Some(id) = id_in_path(name).filter(|id| *id != ca.id()) {
        wrong.push(format!("its path names the CA {id}, and no record does"));
    }
    let foreign = summary.apart.another_ca.count;
    if foreign > 0 {
        wrong.push(format!("{foreign} records are of another CA and were not counted"));
    }
    let others = Apart { another_ca: Concern::default(), ..summary.apart.clone() };
    if others.count() > 0 {
        wrong.push(format!("records that were not counted: {}", others.in_words()));
    }
    // Whether a record is later than the report is not known of a file.
    let impossible = &summary.impossible;
    let shared = impossible.shared_serial.count;
    if shared > 0 {
        let what = "records have the serial number of another one that differs";
        wrong.push(format!("{shared} {what}; they were counted"));
    }
    let backwards = impossible.ends_before_it_begins.count + impossible.revoked_before_issued.count;
    if backwards > 0 {
        let what = "records end before they begin, or are revoked before they are issued";
        wrong.push(format!("{backwards} {what}; they were counted"));
    }
    wrong.extend(ending.incomplete.iter().map(|why| format!("incomplete: {why}")));
    if ending.unreadable.count > 0 {
        wrong.push(in_words(&ending.unreadable));
    }
    if summary.records != ending.records {
        let (all, counted) = (ending.records, summary.records);
        wrong.push(format!("incomplete: it has {all} records, and {counted} were counted"));
    }
    wrong
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

/// The newest report of each CA.
#[derive(Default)]
pub(super) struct NewestReports {
    newest: BTreeMap<CaArn, Counted>,
    older: Vec<(String, CaArn)>,
}

impl NewestReports {
    pub(super) fn add(&mut self, of: Counted) {
        let ca = of.document.ca.clone();
        let Some(known) = self.newest.get_mut(&ca) else {
            self.newest.insert(ca, of);
            return;
        };
        let left_out = if known.age > of.age { of } else { std::mem::replace(known, of) };
        self.older.push((left_out.name, ca));
    }

    /// In the order of the CAs. The older reports are named on standard error.
    pub(super) fn finish(self) -> impl Iterator<Item = Counted> {
        let Self { newest, older } = self;
        for (name, ca) in older {
            let of = newest.get(&ca).map_or("", |of| of.name.as_str());
            complain(&format!("{name}: left out, {of} is a newer report of the same CA"));
        }
        newest.into_values()
    }
}

pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(text));
}
