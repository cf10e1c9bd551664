//! The CSV form (RFC 4180): a header that names the columns, then a line for each certificate.
//!
//! A field in quotes may have line ends inside. A line that has lost a quote would take the next ones
//! along: so where the quotes of a record do not come out even, only its first line is lost.
//!
//! A header lacks a name where a fault has changed it. The report is then incomplete; its columns are taken to
//! stand where the service puts them, if all others do.
//!
//! A report that was cut off inside its last field has as many fields as it should. So a last line without
//! a line's end is a record only if it ends with a whole ARN of a template.

use memchr::memchr;
use serde::{Deserialize, Serialize};

use super::{
    Form as _, MAX_RECORD, Sink,
    fields::{Columns, Fields, Header},
    progress::{Progress, Rest},
};

mod line;
mod plain;

use line::{Cut, cut};
pub(super) use plain::{MAX_FIELDS, NO_FIELDS, plain_fields, whole_line};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Csv {
    columns: Option<Columns>,
    /// The header could not be used, and its columns cannot be guessed.
    is_without_columns: bool,
    /// Of the last line.
    number: u64,
}

/// Of a last line that may lack the rest of its last field.
const CUT: &str = "it has no line's end, and its last field is no whole ARN of a template";

impl Csv {
    /// How many bytes the next line uses; `None`: it needs more of them.
    pub(super) fn step<S: Sink>(
        &mut self,
        rest: Rest<'_>,
        progress: &mut Progress,
        sink: &mut S,
    ) -> Option<usize> {
        if progress.is_lost() {
            return Some(Self::lost(rest, progress));
        }
        if let Some(columns) = self.columns
            && let Some(line) = whole_line(rest.bytes)
        {
            let mut fields = NO_FIELDS;
            if plain_fields(line, &mut fields) == Some(columns.count) {
                self.number += 1;
                let fields = Fields { columns: &columns, fields: &fields[..columns.count] };
                let place = (self.number, rest.offset, line.len() + 1);
                progress.take(sink, S::Form::of_fields(&fields), place);
                return Some(line.len() + 1);
            }
        }
        match rest.mark()? {
            0 => {}
            mark => return Some(mark),
        }
        let cut = cut(rest, self.columns.map(|columns| columns.count))?;
        self.number += 1;
        Some(self.line(cut, rest, progress, sink))
    }

    fn line<S: Sink>(
        &mut self,
        cut: Cut,
        rest: Rest<'_>,
        progress: &mut Progress,
        sink: &mut S,
    ) -> usize {
        let place = (self.number, rest.offset);
        let is_cut_off = rest.at_end && rest.bytes.last() != Some(&b'\n');
        match cut {
            Cut::Empty { used } => used,
            Cut::TooFar => {
                progress.lose(self.number, rest.offset);
                MAX_RECORD
            }
            Cut::Broken { used, why } => {
                if is_cut_off && used == rest.bytes.len() {
                    progress.incomplete("it ends in the middle of a line");
                }
                progress.unreadable(place.0, place.1, used, &why);
                used
            }
            Cut::Fields { used, fields } => {
                let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
                let is_cut_off = is_cut_off && used == rest.bytes.len();
                match self.columns {
                    Some(columns) => {
                        let fields = Fields { columns: &columns, fields: &fields };
                        let record = match S::Form::of_fields(&fields) {
                            Ok(_) if is_cut_off && !fields.ends_with_template() => Err(CUT.into()),
                            record => record,
                        };
                        if record.is_err() && is_cut_off {
                            progress.incomplete("it ends in the middle of a line");
                        }
                        progress.take(sink, record, (place.0, place.1, used));
                    }
                    None => self.header(&fields, (place.0, place.1, used), progress, sink),
                }
                used
            }
        }
    }

    /// The first line with fields. One that is damaged is counted, and the columns are taken to stand
    /// where the service puts them, unless another name says otherwise.
    fn header<S: Sink>(
        &mut self,
        fields: &[&[u8]],
        place: (u64, u64, usize),
        progress: &mut Progress,
        sink: &mut S,
    ) {
        let mut bad = |why: &str| progress.unreadable(place.0, place.1, place.2, why);
        if self.is_without_columns {
            return bad("the header does not say what its fields are");
        }
        match Header::read(fields) {
            Header::Whole(columns) => self.columns = Some(columns),
            Header::Damaged(columns, why) => {
                bad(&why);
                self.columns = Some(columns);
            }
            Header::Foreign(why) => {
                let columns = Columns::documented();
                let as_record = (fields.len() == columns.count)
                    .then(|| S::Form::of_fields(&Fields { columns: &columns, fields }).ok());
                if let Some(Some(record)) = as_record {
                    progress.incomplete("it has no header");
                    self.columns = Some(columns);
                    return progress.take(sink, Ok(record), place);
                }
                bad(&why);
                self.is_without_columns = true;
            }
        }
    }

    /// Goes on behind the end of the line.
    fn lost(rest: Rest<'_>, progress: &mut Progress) -> usize {
        match memchr(b'\n', rest.bytes) {
            Some(at) => {
                progress.end_lost(rest.offset + at as u64 + 1);
                at + 1
            }
            None => rest.bytes.len(),
        }
    }

    pub(super) fn finish(self, progress: &mut Progress) {
        if self.columns.is_none() {
            progress.incomplete("it has no header");
        }
    }
}
