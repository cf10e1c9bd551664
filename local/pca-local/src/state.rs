//! The whole state as one file: JSON Lines, a record a line, so that neither side holds all of it.
//!
//! The first line says what it is: `{"pca-local-state": 1}`. Private keys are in it.

mod export;

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

pub(crate) use self::export::Export;
use crate::{
    PcaLocal,
    error::explain,
    record::{Record, Restored},
    storage::{Change, StorageError},
    x509::{certificate::Certificate, key::KeyError},
};

/// Counts the forms of the file. One that older versions would misread is a new one.
const VERSION: u32 = 1;
/// How much is read or written at once.
const PIECE: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    pca_local_state: u32,
}

/// Why a state cannot be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("line {line} is not a record of a pca-local state")]
    NotARecord {
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("the first line of a pca-local state is {{\"pca-local-state\": {VERSION}}}")]
    NotAState,
    #[error(
        "the state was written by a newer pca-local (version {found}; this one knows {VERSION})"
    )]
    Newer { found: u32 },
    #[error("line {line} cannot be taken in")]
    Refused {
        line: usize,
        #[source]
        source: Reason,
    },
    #[error("the records do not make up a state")]
    Incomplete(#[source] Reason),
    #[error("the state cannot be read or written")]
    Io(#[from] std::io::Error),
    #[error("a key of the state cannot be written")]
    Key(#[source] Reason),
    #[error("the state is not in the data directory")]
    Storage(#[source] Reason),
}

/// Why, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reason(String);

impl Reason {
    fn of(error: &dyn std::error::Error) -> Self {
        Self(explain(error))
    }
}

impl From<StorageError> for StateError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Reason::of(&error))
    }
}

impl From<KeyError> for StateError {
    fn from(error: KeyError) -> Self {
        Self::Key(Reason::of(&error))
    }
}

impl PcaLocal {
    /// Writes everything that lasts. Each CA is written as it stands at one moment.
    pub async fn export(&self, to: &mut impl Write) -> Result<(), StateError> {
        self.settled().await?;
        let mut export = Export::new(self);
        while let Some(piece) = export.next_piece(PIECE)? {
            to.write_all(&piece)?;
        }
        Ok(to.flush()?)
    }

    /// Puts what has been exported into the place of all that is here, the clock included. What
    /// cannot be taken in changes nothing.
    pub async fn import(&self, from: impl BufRead) -> Result<(), StateError> {
        let is_lasting = self.store().storage().is_lasting();
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
            let record: Record = serde_json::from_str(&text)
                .map_err(|source| StateError::NotARecord { line, source })?;
            let change = is_lasting.then(|| Change::Put(record.clone()));
            check(&record)
                .and_then(|()| restored.take(record).map_err(|error| Reason::of(&error)))
                .map_err(|source| StateError::Refused { line, source })?;
            changes.extend(change);
        }
        let restored =
            restored.finish().map_err(|error| StateError::Incomplete(Reason::of(&error)))?;
        let clock = restored.clock;
        self.store().replace(restored, changes)?;
        if let Some(mode) = clock {
            self.timeline().clock().set_mode(mode);
        }
        Ok(self.settled().await?)
    }
}

fn check_head(line: &str) -> Result<(), StateError> {
    let head: Head = serde_json::from_str(line).map_err(|_| StateError::NotAState)?;
    match head.pca_local_state {
        VERSION => Ok(()),
        found if found > VERSION => Err(StateError::Newer { found }),
        _ => Err(StateError::NotAState),
    }
}

/// What a file from somewhere may have wrong and a data directory has not: a certificate that is
/// none, or another one.
fn check(record: &Record) -> Result<(), Reason> {
    let Record::Certificate { issued, .. } = record else { return Ok(()) };
    let certificate = Certificate::parse_der(&issued.der).map_err(|error| Reason::of(&error))?;
    let serial = crate::x509::hex(&issued.serial);
    if certificate.serial.to_array() != Some(issued.serial) {
        let found = certificate.serial_hex();
        return Err(Reason(format!("the certificate {serial} has the serial number {found}")));
    }
    Ok(())
}
