//! Reads an audit report in a file into the summary that audit-report would make of it.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    path::Path,
};

use time::OffsetDateTime;
use vigil_core::{
    arn::CaArn,
    audit_report::{
        Basis, Counter, Digests, Ending, Format, Input, Record, ReportError, ReportReader, Summary,
    },
    jobs::audit_report::MAX_INDEXED_BYTES,
};

use super::error::ReportFileError;
use crate::newest_report::Owners;

/// A report that was read.
pub(super) struct Summarised {
    pub(super) ca: CaArn,
    /// The latest issuance or revocation of the CA's records.
    pub(super) latest: OffsetDateTime,
    pub(super) summary: Summary,
    pub(super) input: Input,
    pub(super) ending: Ending,
}

/// What a file does not say of itself.
const NOT_JUDGED: [&str; 2] = [
    "whether a record is later than the report: a file does not say when its report was created",
    "successors among the certificates of other CAs: the report was read from a file",
];

/// `None`: the report has no record, as that of a CA that has issued nothing.
///
/// Whose report it is, is known at its end. Nearly always it is that of the first record's CA, so that one is
/// counted; otherwise the file is read again.
pub(super) fn summarise(
    path: &Path,
    as_of: OffsetDateTime,
) -> Result<Option<Summarised>, ReportFileError> {
    let failed = |cause| ReportFileError::Read { path: path.to_owned(), cause };
    let no_ca = || ReportFileError::NoCa(path.to_owned());
    let mut file = File::open(path).map_err(failed)?;
    let is_indexed = file.metadata().map_err(failed)?.len() <= MAX_INDEXED_BYTES;
    let name = path.display().to_string();
    let mut counting = Counting::begin(as_of, is_indexed, &name, None);
    for _ in 0..2 {
        let (ending, input) = read(path, &mut file, &mut counting)?;
        if ending.records == 0 && ending.incomplete.is_empty() {
            return Ok(None);
        }
        let Counting { owners, counted, missed, .. } = counting;
        let owner = owners.owner().ok_or_else(no_ca)?;
        if let Some((ca, mut counter)) = counted
            && ca == owner.ca
            && missed == 0
        {
            NOT_JUDGED.into_iter().for_each(|what| counter.not_judged(what.to_owned()));
            let latest = owner.latest;
            let summary = counter.finish(ending.clone());
            return Ok(Some(Summarised { ca, latest, summary, input, ending }));
        }
        let again = |cause| ReportFileError::ReadTwice { path: path.to_owned(), cause };
        file.rewind().map_err(again)?;
        counting = Counting::begin(as_of, is_indexed, &name, Some(owner.ca.clone()));
    }
    Err(ReportFileError::Changed(path.to_owned()))
}

/// Counts the records as those of one CA.
struct Counting {
    as_of: OffsetDateTime,
    is_indexed: bool,
    owners: Owners,
    /// The CA whose report it is taken for.
    counted: Option<(CaArn, Counter)>,
    /// Records before the first that names a CA.
    missed: u64,
}

impl Counting {
    /// `ca`: `None`, if it is that of the first record.
    fn begin(as_of: OffsetDateTime, is_indexed: bool, name: &str, ca: Option<CaArn>) -> Self {
        let owners = Owners::of(name);
        let mut counting = Self { as_of, is_indexed, owners, counted: None, missed: 0 };
        if let Some(ca) = ca {
            counting.count(ca);
        }
        counting
    }

    fn count(&mut self, ca: CaArn) {
        // The end of the CA's own certificate is not in its report.
        let basis = Basis { ca: Some(&ca), ca_not_after: None, as_of: self.as_of };
        let counter = Counter::new(basis);
        let counter = if self.is_indexed { counter.indexed() } else { counter };
        self.counted = Some((ca, counter));
    }

    fn add(&mut self, record: &Record<'_>) {
        let of = self.owners.add(record);
        if self.counted.is_none()
            && let Some(ca) = of.and_then(|of| of.parse().ok())
        {
            self.count(ca);
        }
        match &mut self.counted {
            Some((_, counter)) => counter.add(record),
            None => self.missed += 1,
        }
    }
}

fn read(
    path: &Path,
    file: &mut File,
    counting: &mut Counting,
) -> Result<(Ending, Input), ReportFileError> {
    let failed = |cause| ReportFileError::Read { path: path.to_owned(), cause };
    let not_a_report = |cause| ReportFileError::NotAReport { path: path.to_owned(), cause };
    let mut piece = vec![0; 256 * 1024];
    let mut take = |record: &Record<'_>| counting.add(record);
    let mut reader: Option<ReportReader> = None;
    let mut digests = Digests::after(Vec::new());
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        if count == 0 {
            break;
        }
        let piece = &piece[..count];
        let reader = reader.get_or_insert_with(|| ReportReader::new(format_of(piece)));
        reader.push(piece, &mut take);
        digests.add_all(piece);
    }
    let reader = reader.ok_or_else(|| not_a_report(ReportError::Empty))?;
    let ending = reader.finish(&mut take).map_err(not_a_report)?;
    let input = Input { bytes: ending.bytes, sha256: digests.finish() };
    Ok((ending, input))
}

/// A report that begins with `[` is JSON.
fn format_of(beginning: &[u8]) -> Format {
    let first = beginning.iter().find(|byte| !byte.is_ascii_whitespace() && **byte < 0x80);
    if matches!(first, Some(b'[' | b'{')) { Format::Json } else { Format::Csv }
}
