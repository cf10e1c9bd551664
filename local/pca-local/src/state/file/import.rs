//! An exported state, taken in: all of it or nothing.

use std::io::{BufRead, Read as _};

use super::format::{End, Head, Reason, StateError, Tally, VERSION};
use crate::{
    model::{change::Change, clock::Clock, record::StateRecord},
    state::{memory::Store, restored::Restored},
    x509::certificate::Certificate,
};

/// A certificate takes two kilobytes, and a CA with all that can be set hardly more than a megabyte.
const LONGEST_LINE: usize = 64 << 20;

/// Puts what has been exported into the place of all that is here, the clock included. What
/// cannot be taken in changes nothing.
pub(crate) async fn import(
    store: &Store,
    clock: &Clock,
    mut from: impl BufRead,
) -> Result<(), StateError> {
    let is_lasting = store.data_dir().is_lasting();
    let mut restored = Restored { leaves_bodies: is_lasting, ..Restored::default() };
    let mut changes = vec![Change::Cleared];
    let (mut tally, mut end, mut text, mut line) = (Tally::default(), None, Vec::new(), 0);
    while next_line(&mut from, &mut text)? {
        line += 1;
        if text.len() > LONGEST_LINE {
            return Err(StateError::LongLine { line });
        }
        if line == 1 {
            is_as_exported(&text)?;
            check_head(&text)?;
            tally.add(&text, None);
            continue;
        }
        if end.is_some() {
            return Err(StateError::AfterEnd { line });
        }
        if let Ok(found) = serde_json::from_slice::<End>(&text) {
            end = Some(found.end);
            continue;
        }
        let record: StateRecord = serde_json::from_slice(&text).map_err(|source| {
            if text.ends_with(b"\n") {
                StateError::NotARecord { line, source: Reason::short(&source) }
            } else {
                StateError::CutInLine { line }
            }
        })?;
        tally.add(&text, Some(&record));
        let change = is_lasting.then(|| Change::Put(record.clone()));
        check(&record)
            .and_then(|()| restored.take(record).map_err(|error| Reason::of(&error)))
            .map_err(|source| StateError::Refused { line, source })?;
        changes.extend(change);
    }
    if line == 0 {
        return Err(StateError::NotAState);
    }
    let end = end.ok_or_else(|| StateError::Cut { lines: line, found: tally.count() })?;
    if let Some(why) = end.contradicts(&tally.totals()) {
        return Err(StateError::Altered { why });
    }
    let restored = restored.finish().map_err(|error| StateError::Incomplete(Reason::of(&error)))?;
    Ok(store.replace(clock, restored, changes)?.written().await?)
}

/// Whether there is one. Its octets, which the last record has the digest of.
fn next_line(from: &mut impl BufRead, text: &mut Vec<u8>) -> Result<bool, StateError> {
    text.clear();
    Ok(from.take(LONGEST_LINE as u64 + 1).read_until(b'\n', text)? > 0)
}

/// Names what other programs do to a file on its way.
fn is_as_exported(line: &[u8]) -> Result<(), StateError> {
    let what = if line.starts_with(b"\x1f\x8b") {
        "it is compressed: import it with `gunzip -c FILE | pca-local import ...`"
    } else if line.starts_with(b"\xef\xbb\xbf") {
        "it begins with a byte order mark: save it without one"
    } else if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") {
        "it is UTF-16: save it as UTF-8"
    } else if line.ends_with(b"\r\n") {
        "its lines end with CR and LF: copy it as a binary file"
    } else {
        return Ok(());
    };
    Err(StateError::NotAsExported { what })
}

fn check_head(line: &[u8]) -> Result<(), StateError> {
    let head: Head = serde_json::from_slice(line).map_err(|_| StateError::NotAState)?;
    match head.pca_local_state {
        VERSION => Ok(()),
        found if found > VERSION => Err(StateError::Newer { found }),
        0 => Err(StateError::NotAState),
        found => Err(StateError::Older { found }),
    }
}

/// Refuses a certificate that is none, or has another serial number: a file can be wrong there, a
/// data directory cannot.
fn check(record: &StateRecord) -> Result<(), Reason> {
    let StateRecord::Certificate { issued, .. } = record else { return Ok(()) };
    let certificate = Certificate::parse_der(&issued.der).map_err(|error| Reason::of(&error))?;
    let serial = hex::encode(issued.serial);
    if certificate.serial.to_array() != Some(issued.serial) {
        let found = certificate.serial_hex();
        return Err(Reason(format!("the certificate {serial} has the serial number {found}")));
    }
    Ok(())
}
