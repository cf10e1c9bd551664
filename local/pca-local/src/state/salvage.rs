//! What is left of a damaged data directory, as a state that can be imported.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Write,
    path::Path,
};

use rusqlite::{Connection, Row};

use super::data_dir::{
    directory::Directory,
    inspect,
    load::{self, LoadError, Names, Table},
    reading,
};
use crate::{
    model::{error::explain, record::StateRecord, record_error::RecordError},
    state::{
        file::{StateError, Writing},
        restored::Restored,
    },
    x509::certificate::Certificate,
};

/// Writes what can be read of a data directory as an exported state, and to `lost` a line for each
/// thing that is not in it. Changes nothing. Whether everything was saved.
///
/// # Errors
/// When the directory cannot be read at all, is in use, or `to` or `lost` fails.
pub fn salvage(
    directory: &Path,
    to: &mut impl Write,
    lost: &mut impl Write,
) -> Result<bool, StateError> {
    let opened = Directory::inspect(directory).and_then(|directory| {
        let (connection, header) = reading::open_to_salvage(&directory)?;
        Ok((directory, connection, header))
    });
    let (directory, connection, header) = opened.map_err(|error| error.of_salvage(directory))?;
    let mut found = Found::default();
    found.lost.extend(inspect::lacks(&connection, &directory));
    found.read(&connection);
    let broken = found.broken();
    let mut writing = Writing::new(to)?;
    for record in found.records.into_values().flatten() {
        let of_ca = record.ca();
        if !of_ca.is_some_and(|ca| broken.contains_key(&ca)) {
            writing.record(&record)?;
        }
    }
    writing.end()?;
    let left_out = broken.iter().map(|(ca, why)| format!("CA {ca} and all that it issued: {why}"));
    let doubtful = found
        .doubtful
        .into_iter()
        .filter(|(ca, _)| found.restored.authorities.contains_key(ca) && !broken.contains_key(ca));
    let damaged = header.map(|header| format!("damaged: {header}"));
    let without_their_ca = found.without_their_ca.into_iter().map(|(ca, records)| {
        format!("CA {ca} and all that it issued, {records} rows: its own one is lost")
    });
    let not_saved = found.lost.into_iter().chain(without_their_ca).chain(left_out);
    let lines: Vec<String> = damaged
        .into_iter()
        .chain(not_saved.map(|what| format!("not saved: {what}")))
        .chain(doubtful.map(|(_, why)| format!("saved as it was found: {why}")))
        .collect();
    for line in &lines {
        writeln!(lost, "{line}")?;
    }
    Ok(lines.is_empty())
}

#[derive(Default)]
struct Found {
    /// In the order in which an import takes them.
    records: BTreeMap<Order, Vec<StateRecord>>,
    /// What the records make up so far.
    restored: Restored,
    /// The places that certificates have now that others before them are lost.
    places: HashMap<(u64, u32), u32>,
    lost: Vec<String>,
    /// CAs whose own row is not as it was written, and why.
    doubtful: BTreeMap<u64, String>,
    /// CAs that are not among the records, and how many records are of them.
    without_their_ca: BTreeMap<u64, usize>,
}

/// The CA's own records first, of whatever is of one CA.
type Order = (u64, u8);

impl Found {
    fn read(&mut self, from: &Connection) {
        self.restored.leaves_bodies = true;
        let names = load::names(from).unwrap_or_else(|error| {
            self.lost.push(format!("the table name: {}", explain(&error)));
            Names::new()
        });
        for table in &load::TABLES {
            for record in self.rows(from, table, &names) {
                self.take(from, record);
            }
        }
    }

    /// All that can be read of a table. What is behind a damaged page is read from the other end.
    fn rows(&mut self, from: &Connection, table: &Table, names: &Names) -> Vec<StateRecord> {
        let (mut seen, mut read) = (BTreeSet::new(), Vec::new());
        for order in ["ASC", "DESC"] {
            let (before, lost, doubtful) = (seen.len(), &mut self.lost, &mut self.doubtful);
            let ended = table.each(from, order, |row| {
                let key = table.key_of(row)?;
                if seen.insert(key.clone()) {
                    match saved(table, names, row) {
                        Ok((record, doubt)) => {
                            doubtful.extend(doubt);
                            read.push(record);
                        }
                        Err(error) => {
                            let (name, why) = (table.name, explain(&error));
                            lost.push(format!("row {key} of the table {name}: {why}"));
                        }
                    }
                }
                Ok(())
            });
            let Err(error) = ended else { break };
            let (name, more, why) = (table.name, seen.len() - before, explain(&error));
            let end = if order == "ASC" { "first" } else { "last" };
            self.lost.push(format!("rows of the table {name} but its {end} {more}: {why}"));
        }
        read.sort_by_key(|record| match record {
            StateRecord::Certificate { ca, place, .. } => (*ca, *place),
            _ => (0, 0),
        });
        read
    }

    fn take(&mut self, from: &Connection, mut record: StateRecord) {
        if let StateRecord::Certificate { ca, place, issued } = &mut record {
            match body(from, *ca, *place, issued.serial) {
                Ok(der) => issued.der = der,
                Err(why) => {
                    return self.lost.push(format!("certificate {place} of CA {ca}: {why}"));
                }
            }
            let next = self.restored.authorities.get(ca).map_or(0, |held| held.issued.len());
            let now = u32::try_from(next).unwrap_or(u32::MAX);
            self.places.insert((*ca, *place), now);
            *place = now;
        }
        if let StateRecord::Revocation { ca, place, .. } = &mut record {
            match self.places.get(&(*ca, *place)) {
                Some(now) => *place = *now,
                None => return self.lost.push(format!("the revocation of {place} of CA {ca}")),
            }
        }
        let order = order_of(&record);
        match self.restored.take(record.clone()) {
            Ok(()) => self.records.entry(order).or_default().push(record),
            Err(RecordError::NoSuchAuthority { ca }) => {
                *self.without_their_ca.entry(ca).or_default() += 1;
            }
            Err(error) => self.lost.push(explain(&error)),
        }
    }

    /// CAs that lack something without which they cannot be, and why.
    fn broken(&self) -> BTreeMap<u64, String> {
        let missing = self.restored.authorities.iter().filter_map(|(ca, authority)| {
            let (needs_key, needs_certificate) = authority.state.needs();
            let why = if needs_key && authority.key().is_err() {
                "its key is lost"
            } else if needs_certificate && authority.certificate.is_none() {
                "its certificate is lost"
            } else {
                return None;
            };
            Some((*ca, why.to_owned()))
        });
        missing.collect()
    }
}

/// A row as a record. A CA's own one also if it is not as it was written, with why: all that the CA has made
/// hangs on it. A key or a date that is another one would pass for that which was written.
fn saved(
    table: &Table,
    names: &Names,
    row: &Row<'_>,
) -> Result<(StateRecord, Option<(u64, String)>), LoadError> {
    match table.record(names, row) {
        Ok(record) => Ok((record, None)),
        Err(error @ LoadError::Changed { table: "authority", .. }) => {
            let Ok(record) = table.unverified(names, row) else { return Err(error) };
            let doubt = record.ca().map(|ca| {
                let why = explain(&error);
                (ca, format!("{why}. Compare CA {ca} with what you know of it"))
            });
            Ok((record, doubt))
        }
        Err(error) => Err(error),
    }
}

fn order_of(record: &StateRecord) -> Order {
    match record {
        StateRecord::Clock { .. } | StateRecord::CreateToken { .. } => (0, 0),
        StateRecord::Authority(record) => (record.ca, 1),
        StateRecord::Revocation { ca, .. } => (*ca, 3),
        other => (other.ca().unwrap_or_default(), 2),
    }
}

fn body(from: &Connection, ca: u64, place: u32, serial: [u8; 16]) -> Result<Vec<u8>, String> {
    let start = place as usize;
    let read = load::bodies(from, ca, start..start + 1).map_err(|error| explain(&error))?;
    let der = read.into_iter().next().ok_or("it is not there")?;
    let certificate = Certificate::parse_der(&der).map_err(|error| explain(&error))?;
    let is_its = certificate.serial.to_array() == Some(serial);
    if is_its { Ok(der) } else { Err("it has another serial number".to_owned()) }
}
