//! The state as records, piece by piece, while the service goes on.

use std::{
    collections::{HashSet, VecDeque},
    io::Write,
    ops::Range,
};

use super::format::{Head, StateError, VERSION};
use crate::{
    model::{
        authority::Authority,
        clock::Clock,
        issued_certificates::IssuedCertificate,
        record::{Made, StateRecord},
    },
    state::{
        data_dir::DataDir,
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
    let mut export = Export::new(store, clock);
    while let Some(piece) = export.next_piece(PIECE)? {
        to.write_all(&piece)?;
    }
    Ok(to.flush()?)
}

pub(crate) struct Export {
    data_dir: DataDir,
    /// What is written before the CAs.
    opening: Option<Vec<StateRecord>>,
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
    pub(crate) fn new(store: &Store, clock: &Clock) -> Self {
        let mut opening = vec![StateRecord::Clock { mode: clock.read_mode() }];
        opening.extend(store.create_tokens());
        let mut cells = store.all();
        cells.sort_by_key(|cell| cell.lock().ordinal);
        Self {
            data_dir: store.data_dir().clone(),
            opening: Some(opening),
            cells: cells.into(),
            current: None,
        }
    }

    /// The next piece, of `bytes` at least unless it is the last.
    pub(crate) fn next_piece(&mut self, bytes: usize) -> Result<Option<Vec<u8>>, StateError> {
        let mut piece = Vec::new();
        if let Some(records) = self.opening.take() {
            line(&mut piece, &Head { pca_local_state: VERSION })?;
            lines(&mut piece, &records)?;
        }
        while piece.len() < bytes {
            match self.current.take() {
                Some(current) if !current.certificates.is_empty() => {
                    self.current = Some(self.write_some(&mut piece, current)?);
                }
                Some(current) => lines(&mut piece, &current.revocations)?,
                None => {
                    let Some(cell) = self.cells.pop_front() else { break };
                    self.current = Some(begin(&mut piece, cell)?);
                }
            }
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn write_some(&self, piece: &mut Vec<u8>, mut current: Current) -> Result<Current, StateError> {
        let Range { start, end } = current.certificates;
        let some = start..end.min(start + AT_ONCE);
        let bodies = self.data_dir.bodies(current.ca, some.clone())?;
        let records: Vec<StateRecord> = {
            let authority = current.cell.lock();
            let entries = authority.issued.range(some.clone());
            let records = entries.enumerate().map(|(number, entry)| {
                let body = bodies.get(number).map(Vec::as_slice);
                let issued = IssuedCertificate {
                    der: entry.der.or(body).unwrap_or_default().to_vec(),
                    serial: entry.serial,
                    not_before: entry.not_before,
                    not_after: entry.not_after,
                    issued_at: entry.issued_at,
                    template_arn: entry.template_arn.to_owned(),
                    account: entry.account.to_owned(),
                    is_self_signed: entry.is_self_signed,
                    crl: entry.crl,
                };
                StateRecord::Certificate { ca: current.ca, place: entry.place, issued }
            });
            records.collect()
        };
        lines(piece, &records)?;
        current.certificates = some.end..end;
        Ok(current)
    }
}

/// All of a CA but its certificates.
fn begin(piece: &mut Vec<u8>, cell: AuthorityCell) -> Result<Current, StateError> {
    let (records, current) =
        {
            let authority = cell.lock();
            let ca = authority.ordinal;
            let mut records = vec![StateRecord::Authority(Box::new(authority.record()))];
            if let Some(key) = authority.key_record()? {
                records.push(StateRecord::Key { ca, key });
            }
            records.extend(authority.unissued.iter().map(|(serial, unissued)| {
                StateRecord::Unissued { ca, serial: *serial, unissued: unissued.clone() }
            }));
            records.extend(authority.reports.iter().map(|(id, report)| StateRecord::Report {
                ca,
                id: id.clone(),
                report: report.clone(),
            }));
            records.extend(authority.issue_tokens.iter().map(|(token, (arn, at))| {
                StateRecord::IssueToken {
                    ca,
                    token: token.clone(),
                    made: Made { arn: arn.clone(), at: *at },
                }
            }));
            let certificates = 0..authority.issued.len();
            let revocations = revocations(&authority);
            (records, Current { ca, certificates, revocations, cell: cell.clone() })
        };
    lines(piece, &records)?;
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

fn lines(piece: &mut Vec<u8>, records: &[StateRecord]) -> Result<(), StateError> {
    records.iter().try_for_each(|record| line(piece, record))
}

fn line(piece: &mut Vec<u8>, record: &impl serde::Serialize) -> Result<(), StateError> {
    serde_json::to_writer(&mut *piece, record).map_err(std::io::Error::from)?;
    piece.push(b'\n');
    Ok(())
}
