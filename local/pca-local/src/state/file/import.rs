//! An exported state, taken in: all of it or nothing.

use std::io::BufRead;

use super::format::{Head, Reason, StateError, VERSION};
use crate::{
    model::{change::Change, clock::Clock, record::StateRecord},
    state::{memory::Store, restored::Restored},
    x509::certificate::Certificate,
};

/// Puts what has been exported into the place of all that is here, the clock included. What
/// cannot be taken in changes nothing.
pub(crate) async fn import(
    store: &Store,
    clock: &Clock,
    from: impl BufRead,
) -> Result<(), StateError> {
    let is_lasting = store.data_dir().is_lasting();
    let mut restored = Restored { leaves_bodies: is_lasting, ..Restored::default() };
    let mut changes = vec![Change::Cleared];
    let mut lines = (1..).zip(from.lines());
    match lines.next() {
        Some((_, line)) => check_head(&line?)?,
        None => return Err(StateError::NotAState),
    }
    for (line, text) in lines {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        let record: StateRecord = serde_json::from_str(&text)
            .map_err(|source| StateError::NotARecord { line, source })?;
        let change = is_lasting.then(|| Change::Put(record.clone()));
        check(&record)
            .and_then(|()| restored.take(record).map_err(|error| Reason::of(&error)))
            .map_err(|source| StateError::Refused { line, source })?;
        changes.extend(change);
    }
    let restored = restored.finish().map_err(|error| StateError::Incomplete(Reason::of(&error)))?;
    let mode = restored.clock;
    store.replace(restored, changes)?;
    if let Some(mode) = mode {
        clock.set_mode(mode);
    }
    Ok(store.settled().await?)
}

fn check_head(line: &str) -> Result<(), StateError> {
    let head: Head = serde_json::from_str(line).map_err(|_| StateError::NotAState)?;
    match head.pca_local_state {
        VERSION => Ok(()),
        found if found > VERSION => Err(StateError::Newer { found }),
        _ => Err(StateError::NotAState),
    }
}

/// Refuses a certificate that is none, or has another serial number: a file can be wrong there, a
/// data directory cannot.
fn check(record: &StateRecord) -> Result<(), Reason> {
    let StateRecord::Certificate { issued, .. } = record else { return Ok(()) };
    let certificate = Certificate::parse_der(&issued.der).map_err(|error| Reason::of(&error))?;
    let serial = crate::x509::hex(&issued.serial);
    if certificate.serial.to_array() != Some(issued.serial) {
        let found = certificate.serial_hex();
        return Err(Reason(format!("the certificate {serial} has the serial number {found}")));
    }
    Ok(())
}
