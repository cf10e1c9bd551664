//! The state as records, piece by piece, while the service goes on.

use std::{
    collections::{HashSet, VecDeque},
    io::Write,
    ops::Range,
};

use super::format::{StateError, Writing};
use crate::{
    model::{
        authority::Authority,
        clock::Clock,
        issued_certificates::IssuedCertificate,
        record::{Made, StateRecord},
    },
    state::{
        data_dir::{DataDir, der_of},
        memory::{AuthorityCell, Store},
    },
};

/// As many certificates are read at once as do not keep other calls waiting for the CA's lock.
const AT_ONCE: usize = 64;

/// How much is written at once.
const PIECE: usize = 1 << 20;

/// Writes everything that lasts. Each CA is written as it stands at one moment.
pub(crate) async fn export(
    store: &Store,
    clock: &Clock,
    to: &mut impl Write,
) -> Result<(), StateError> {
    store.settled().await?;
    let mut export = Export::new(store, clock)?;
    while let Some((piece, rest)) = export.next(PIECE).await? {
        to.write_all(&piece)?;
        export = rest;
    }
    Ok(to.flush()?)
}

pub(crate) struct Export {
    data_dir: DataDir,
    /// What is written before the CAs.
    opening: Vec<StateRecord>,
    /// Gone when the last line is written.
    writing: Option<Writing<Vec<u8>>>,
    /// When it was begun: if memory is made anew meanwhile, what was written may be gone.
    generation: u64,
    cells: VecDeque<AuthorityCell>,
    /// The CA whose certificates are being written.
    current: Option<Current>,
}

struct Current {
    cell: AuthorityCell,
    ca: u64,
    certificates: Range<usize>,
    /// Come after the certificates, and were taken together with what came before.
    revocations: Vec<StateRecord>,
}

impl Export {
    pub(crate) fn new(store: &Store, clock: &Clock) -> Result<Self, StateError> {
        let generation = store.generation();
        let mut opening = vec![StateRecord::Clock { mode: clock.read_mode() }];
        opening.extend(store.create_tokens());
        let mut cells = store.all();
        cells.sort_by_key(|cell| cell.lock().ordinal);
        Ok(Self {
            data_dir: store.data_dir().clone(),
            opening,
            writing: Some(Writing::new(Vec::new())?),
            generation,
            cells: cells.into(),
            current: None,
        })
    }

    /// What was just taken from memory is on disk, and so are its certificates.
    fn settle(&self) -> Result<(), StateError> {
        Ok(self.data_dir.wait_settled(self.generation)?)
    }

    /// The next piece, of `bytes` at least unless it is the last, and the export of the rest.
    ///
    /// It is made on a thread that may wait for the disk.
    pub(crate) async fn next(
        mut self,
        bytes: usize,
    ) -> Result<Option<(Vec<u8>, Self)>, StateError> {
        let made = tokio::task::spawn_blocking(move || {
            let piece = self.next_piece(bytes)?;
            Ok(piece.map(|piece| (piece, self)))
        });
        made.await.expect("writing records does not panic")
    }

    fn next_piece(&mut self, bytes: usize) -> Result<Option<Vec<u8>>, StateError> {
        let Some(mut writing) = self.writing.take() else { return Ok(None) };
        records(&mut writing, &std::mem::take(&mut self.opening))?;
        while writing.out().len() < bytes {
            match self.current.take() {
                Some(current) if !current.certificates.is_empty() => {
                    self.current = Some(self.write_some(&mut writing, current)?);
                }
                Some(current) => records(&mut writing, &current.revocations)?,
                None => {
                    let Some(cell) = self.cells.pop_front() else {
                        self.settle()?;
                        return Ok(Some(writing.end()?));
                    };
                    let current = begin(&mut writing, cell)?;
                    self.settle()?;
                    self.current = Some(current);
                }
            }
        }
        let piece = std::mem::take(writing.out());
        self.writing = Some(writing);
        Ok(Some(piece))
    }

    fn write_some(
        &self,
        to: &mut Writing<Vec<u8>>,
        mut current: Current,
    ) -> Result<Current, StateError> {
        let Range { start, end } = current.certificates;
        let some = start..end.min(start + AT_ONCE);
        let bodies = self.data_dir.bodies(current.ca, some.clone())?;
        let some_records: Result<Vec<StateRecord>, StateError> = {
            let authority = current.cell.lock();
            let entries = authority.issued.range(some.clone());
            let written = entries.enumerate().map(|(number, entry)| {
                let der = der_of(current.ca, &entry, bodies.get(number))?;
                let issued = IssuedCertificate {
                    der: der.to_vec(),
                    serial: entry.serial,
                    not_before: entry.not_before,
                    not_after: entry.not_after,
                    issued_at: entry.issued_at,
                    template_arn: entry.template_arn.to_owned(),
                    account: entry.account.to_owned(),
                    is_self_signed: entry.is_self_signed,
                    crl: entry.crl,
                };
                Ok(StateRecord::Certificate { ca: current.ca, place: entry.place, issued })
            });
            written.collect()
        };
        records(to, &some_records?)?;
        current.certificates = some.end..end;
        Ok(current)
    }
}

/// All of a CA but its certificates.
fn begin(to: &mut Writing<Vec<u8>>, cell: AuthorityCell) -> Result<Current, StateError> {
    let (of_ca, current) =
        {
            let authority = cell.lock();
            let ca = authority.ordinal;
            let mut of_ca = vec![StateRecord::Authority(Box::new(authority.record()))];
            if let Some(key) = authority.key_record()? {
                of_ca.push(StateRecord::Key { ca, key });
            }
            of_ca.extend(authority.unissued.iter().map(|(serial, unissued)| {
                StateRecord::Unissued { ca, serial: *serial, unissued: unissued.clone() }
            }));
            of_ca.extend(authority.reports.iter().map(|(id, report)| StateRecord::Report {
                ca,
                id: id.clone(),
                report: report.clone(),
            }));
            of_ca.extend(authority.issue_tokens.iter().map(|(token, (arn, at))| {
                StateRecord::IssueToken {
                    ca,
                    token: token.clone(),
                    made: Made { arn: arn.clone(), at: *at },
                }
            }));
            let certificates = 0..authority.issued.len();
            let revocations = revocations(&authority);
            (of_ca, Current { ca, certificates, revocations, cell: cell.clone() })
        };
    records(to, &of_ca)?;
    Ok(current)
}

fn revocations(authority: &Authority) -> Vec<StateRecord> {
    let ca = authority.ordinal;
    let listed: HashSet<[u8; 16]> = authority.crl.listed().collect();
    let entries = authority.issued.revoked();
    entries
        .into_iter()
        .map(|(entry, revocation)| StateRecord::Revocation {
            ca,
            place: entry.place,
            revocation,
            is_listed: listed.contains(&entry.serial),
        })
        .collect()
}

fn records(to: &mut Writing<Vec<u8>>, records: &[StateRecord]) -> Result<(), StateError> {
    records.iter().try_for_each(|record| to.record(record))
}
