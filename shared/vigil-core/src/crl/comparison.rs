//! What a CRL lists, held against what an audit report shows and against the version before it.

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{Entry, Serial, Serials, SortedSerials};
use crate::audit_report::{self, Brief, Sink};

/// The service lists a revocation after about 30 minutes and retries twice in the next 30 (AWS
/// Private CA User Guide, Set up a CRL). What is not listed then is late.
pub const LISTED_WITHIN: Duration = Duration::HOUR;

/// ACM PCA dates a CRL one hour before it makes it.
pub const BACKDATED: Duration = Duration::HOUR;

/// What an entry says of its certificate, in eight octets: a CRL has a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said(u64);

impl Said {
    /// 40 bits of seconds since 1950 hold every year up to 9999; 0 is none.
    const EPOCH: i64 = -631_152_000;
    const DATE_BITS: u32 = 40;
    /// The code plus one; 0 is none. Codes from 14 on count as one.
    const REASON_BITS: u32 = 4;

    #[inline]
    fn of(entry: &Entry<'_>) -> Self {
        let date = entry.revoked_at.map_or(0, |at| (at - Self::EPOCH + 1).max(0).cast_unsigned());
        let reason = entry.reason.map_or(0, |code| code.min(14) + 1);
        let since = entry.invalid_since.map_or(0, short_hash);
        Self(date | reason << Self::DATE_BITS | since << (Self::DATE_BITS + Self::REASON_BITS))
    }

    /// In Unix seconds; long ago if it could not be read.
    #[inline]
    fn revoked_at(self) -> i64 {
        let date = self.0 & ((1 << Self::DATE_BITS) - 1);
        if date == 0 { i64::MIN } else { date.cast_signed() + Self::EPOCH - 1 }
    }

    fn reason(self) -> u64 {
        self.0 >> Self::DATE_BITS & ((1 << Self::REASON_BITS) - 1)
    }

    fn invalid_since(self) -> u64 {
        self.0 >> (Self::DATE_BITS + Self::REASON_BITS)
    }
}

/// 20 bits of an invalidity date, never 0: one move in a million is not seen.
#[inline]
fn short_hash(date: i64) -> u64 {
    (date.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44).max(1)
}

/// The entries of a CRL, each with what it says.
#[derive(Clone, Debug, Default)]
pub struct Listing(Serials<Said>);

impl Listing {
    /// An indirect entry's serial belongs to another issuer's numbering.
    pub fn add(&mut self, entry: &Entry<'_>) {
        if !entry.indirect {
            self.0.insert(entry.serial, Said::of(entry));
        }
    }

    /// Sorts the serials, so that they can be found.
    pub fn sort(self) -> Listed {
        Listed(self.0.sort())
    }
}

/// The entries of a CRL that was read to its end, sorted by serial.
#[derive(Clone, Debug)]
pub struct Listed(SortedSerials<Said>);

impl Listed {
    /// The number of entries whose serial is the same as that of an entry before them.
    pub fn duplicates(&self) -> u64 {
        self.0.duplicates()
    }
}

/// The certificates of an audit report, while it is read.
#[derive(Debug, Default)]
pub struct Certificates {
    issued: Serials<Issued>,
    latest: Option<i64>,
    unreadable: u64,
}

/// In Unix seconds.
#[derive(Clone, Copy, Debug)]
struct Issued {
    not_after: i64,
    revoked_at: i64,
}

/// For what was not revoked.
const NEVER: i64 = i64::MAX;

impl Sink for Certificates {
    type Form<'r> = Brief<'r>;

    #[inline]
    fn take(&mut self, record: &Brief<'_>) {
        let Brief { not_after, issued_at, revoked_at, .. } = *record;
        let issued = Issued { not_after, revoked_at: record.revocation().unwrap_or(NEVER) };
        match &record.serial {
            audit_report::Serial::Number(number) => self.issued.insert_number(*number, issued),
            audit_report::Serial::Text(text) => {
                let mut buffer = [0; MAX_SERIAL_LENGTH + 1];
                let Some(serial) = octets(text, &mut buffer) else {
                    self.unreadable += 1;
                    return;
                };
                self.issued.insert(serial, issued);
            }
        }
        self.latest = self.latest.max(Some(issued_at)).max(revoked_at);
    }
}

impl Certificates {
    /// Those of a report that was read to its end, or of a part of one that several read.
    pub fn sort(self) -> SortedCertificates {
        let unreadable = self.unreadable + self.issued.dropped();
        SortedCertificates { issued: self.issued.sort(), latest: self.latest, unreadable }
    }
}

/// The certificates of an audit report, or of a part of it.
#[derive(Clone, Debug)]
pub struct SortedCertificates {
    issued: SortedSerials<Issued>,
    latest: Option<i64>,
    unreadable: u64,
}

/// As the report writes it, `00:11:…`. RFC 5280 allows 20 octets.
const MAX_SERIAL_LENGTH: usize = 20;

/// The content of the serial's INTEGER.
fn octets<'b>(text: &str, buffer: &'b mut [u8; MAX_SERIAL_LENGTH + 1]) -> Option<&'b [u8]> {
    let mut length = 0;
    for pair in text.as_bytes().chunks(3) {
        let (high, low) = match pair {
            [high, low] | [high, low, b':'] => (digit(*high)?, digit(*low)?),
            _ => return None,
        };
        *buffer.get_mut(1 + length)? = high << 4 | low;
        length += 1;
    }
    let octets = &buffer[..=length];
    // The sign's octet stays if it is needed, and one octet of zero is zero.
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(length);
    let negative = octets[zeros] & 0x80 != 0;
    (length > 0).then(|| &octets[zeros - usize::from(negative)..])
}

fn digit(character: u8) -> Option<u8> {
    u8::try_from(char::from(character).to_digit(16)?).ok()
}

/// The certificates of an audit report that was read.
#[derive(Clone, Debug)]
pub struct Reported {
    name: String,
    known_until: OffsetDateTime,
    parts: Vec<SortedCertificates>,
    unreadable: u64,
}

/// Serials that something was found of: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// How many there are.
    pub count: u64,
    /// The first ten of them, in hexadecimal.
    pub first: Vec<String>,
}

const MAX_NAMED: usize = 10;

impl Sample {
    fn add(&mut self, serial: Serial<'_>) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(serial.to_string());
        }
    }
}

/// What the audit report shows, held against the CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// What the report is called.
    pub report: String,
    /// Revocations after this time cannot be in the report.
    pub known_until: OffsetDateTime,
    /// Revoked for longer than [`LISTED_WITHIN`], not expired, and not in the CRL.
    pub missing: Sample,
    /// The earliest revocation among them.
    pub missing_since: Option<OffsetDateTime>,
    /// In the CRL, and not in a report that would know.
    pub never_issued: Sample,
    /// Records and entries that could not be compared.
    pub unreadable: u64,
}

impl Reported {
    /// `name` is what findings call the report, and `bad` counts the records that could not be read.
    /// What the report cannot know was revoked after `written_at`, or after the last thing in it if
    /// that is not known either.
    pub fn new(
        name: String,
        parts: Vec<SortedCertificates>,
        written_at: Option<OffsetDateTime>,
        bad: u64,
    ) -> Self {
        let latest = parts.iter().filter_map(|part| part.latest).max();
        let latest = latest.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let known_until = written_at.or(latest).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let unreadable = bad + parts.iter().map(|part| part.unreadable).sum::<u64>();
        Self { name, known_until, parts, unreadable }
    }

    fn find(&self, serial: Serial<'_>) -> Option<&Issued> {
        self.parts.iter().find_map(|part| part.issued.find(serial))
    }

    /// `listed` are the parts that the CRL consists of.
    pub fn coverage(&self, listed: &[&Listed], as_of: OffsetDateTime) -> Coverage {
        let now = as_of.unix_timestamp();
        let due = now - LISTED_WITHIN.whole_seconds();
        let (mut missing, mut since) = (Sample::default(), i64::MAX);
        let entries: Vec<_> = listed.iter().map(|listed| &listed.0).collect();
        for part in &self.parts {
            part.issued.without(&entries, |serial, issued| {
                // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
                if issued.revoked_at < due && issued.not_after >= now {
                    missing.add(serial);
                    since = since.min(issued.revoked_at);
                }
            });
        }
        let mut never_issued = Sample::default();
        let known_until = self.known_until.unix_timestamp();
        let issued: Vec<_> = self.parts.iter().map(|part| &part.issued).collect();
        for entries in &entries {
            entries.without(&issued, |serial, said| {
                if said.revoked_at() <= known_until {
                    never_issued.add(serial);
                }
            });
        }
        Coverage {
            report: self.name.clone(),
            known_until: self.known_until,
            missing,
            missing_since: OffsetDateTime::from_unix_timestamp(since).ok(),
            never_issued,
            unreadable: self.unreadable + entries.iter().map(|part| part.dropped()).sum::<u64>(),
        }
    }
}

/// What the version of the CRL before this one listed, and this one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Their certificates had not expired when that version was made.
    pub removed_early: Sample,
    /// No audit report says when their certificates expire.
    pub removed_unexplained: Sample,
    /// Listed in both, with another reason, or with none any more.
    pub reason_changed: Sample,
    /// Listed in both, with another revocation date.
    pub date_moved: Sample,
    /// Listed in both, with another invalidity date.
    pub invalidity_moved: Sample,
}

/// `previous_update` is thisUpdate of the version before.
pub fn difference(
    previous: &Listed,
    current: &Listed,
    reported: Option<&Reported>,
    previous_update: Option<OffsetDateTime>,
) -> Difference {
    let made = previous_update.map_or(i64::MAX, |at| (at + BACKDATED).unix_timestamp());
    let mut difference = Difference::default();
    previous.0.without(&[&current.0], |serial, _| {
        let issued = reported.and_then(|reported| reported.find(serial));
        match issued {
            None => difference.removed_unexplained.add(serial),
            // RFC 5280 §3.3: it stays until it was on a CRL made after the certificate's end.
            Some(issued) if issued.not_after >= made => {
                difference.removed_early.add(serial);
            }
            Some(_) => {}
        }
    });
    previous.0.both(&current.0, |serial, before, now| {
        if before == now {
            return;
        }
        // A hold that ends in a revocation is given its reason then, and a new date.
        let was_held = before.reason() == CERTIFICATE_HOLD + 1;
        if was_held {
            return;
        }
        if before.reason() != now.reason() && before.reason() != 0 {
            difference.reason_changed.add(serial);
        }
        if before.revoked_at() != now.revoked_at() {
            difference.date_moved.add(serial);
        }
        if before.invalid_since() != now.invalid_since() && before.invalid_since() != 0 {
            difference.invalidity_moved.add(serial);
        }
    });
    difference
}

/// RFC 5280 §5.3.1
const CERTIFICATE_HOLD: u64 = 6;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{super::EntryFaults, *};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn record(
        serial: &str,
        revoked_at: Option<OffsetDateTime>,
        not_after: OffsetDateTime,
    ) -> Brief<'_> {
        Brief {
            serial: serial.into(),
            not_after: not_after.unix_timestamp(),
            issued_at: (NOW - Duration::DAY).unix_timestamp(),
            revoked_at: revoked_at.map(OffsetDateTime::unix_timestamp),
            has_reason: false,
        }
    }

    fn listed(entries: &[(&[u8], OffsetDateTime)]) -> Listed {
        let mut listing = Listing::default();
        for (serial, at) in entries {
            listing.add(&Entry {
                serial,
                revoked_at: Some(at.unix_timestamp()),
                reason: None,
                invalid_since: None,
                indirect: false,
                unknown_critical_extension: false,
                faults: EntryFaults::default(),
            });
        }
        listing.sort()
    }

    fn reported(records: &[Brief<'_>], written_at: Option<OffsetDateTime>) -> Reported {
        let mut certificates = Certificates::default();
        records.iter().for_each(|record| certificates.take(record));
        Reported::new("r".to_owned(), vec![certificates.sort()], written_at, 0)
    }

    #[test]
    fn serials_of_reports_are_the_integers_of_crls() {
        let octets = |text: &str| octets(text, &mut [0; MAX_SERIAL_LENGTH + 1]).map(<[u8]>::to_vec);
        assert_eq!(octets("00:11:22"), Some(vec![0x11, 0x22]));
        assert_eq!(octets("00:ee:FF"), Some(vec![0x00, 0xee, 0xff]));
        assert_eq!(octets("ee"), Some(vec![0x00, 0xee]));
        assert_eq!(octets("00:00"), Some(vec![0]));
        assert_eq!(octets(&["80"; 20].join(":")).map(|octets| octets.len()), Some(21));
        for text in ["", "0", "1:2", "0g", "00;11", &["01"; 21].join(":")] {
            assert_eq!(octets(text), None, "{text:?}");
        }
    }

    /// The lag and the certificate's end, each from both sides, one second apart.
    #[test]
    fn a_due_revocation_of_a_valid_certificate_is_missing() {
        let second = Duration::SECOND;
        for (name, revoked_at, not_after, want) in [
            ("just due", NOW - LISTED_WITHIN, NOW, 0),
            ("late", NOW - LISTED_WITHIN - second, NOW, 1),
            ("expired", NOW - LISTED_WITHIN - second, NOW - second, 0),
        ] {
            let report = reported(&[record("01", Some(revoked_at), not_after)], None);
            let coverage = report.coverage(&[&listed(&[])], NOW);
            assert_eq!(coverage.missing.count, want, "{name}");
            let coverage = report.coverage(&[&listed(&[(&[1], revoked_at)]), &listed(&[])], NOW);
            assert_eq!((coverage.missing.count, coverage.never_issued.count), (0, 0), "{name}");
        }
    }

    #[test]
    fn an_entry_that_the_report_would_know_was_never_issued() {
        let written = NOW - Duration::HOUR;
        let report = reported(&[record("01", None, NOW)], Some(written));
        for (name, at, want) in
            [("before the report", written, 1), ("after it", written + Duration::SECOND, 0)]
        {
            let coverage = report.coverage(&[&listed(&[(&[1], at), (&[2], at)])], NOW);
            assert_eq!(coverage.never_issued.count, want, "{name}");
        }
    }

    #[test]
    fn an_entry_may_leave_after_a_crl_issued_past_expiry() {
        let previous = listed(&[(&[1], NOW), (&[2], NOW), (&[3], NOW), (&[4], NOW)]);
        let current = listed(&[(&[4], NOW)]);
        let this_update = NOW - BACKDATED;
        let report = reported(
            &[
                record("01", Some(NOW), NOW - Duration::SECOND),
                record("02", Some(NOW), NOW),
                record("04", Some(NOW), NOW),
            ],
            None,
        );
        let found = difference(&previous, &current, Some(&report), Some(this_update));
        assert_eq!(found.removed_early.first, [format!("{:032x}", 2)]);
        assert_eq!(found.removed_unexplained.first, [format!("{:032x}", 3)]);
        let found = difference(&previous, &current, None, Some(this_update));
        assert_eq!((found.removed_early.count, found.removed_unexplained.count), (0, 3));
    }
}
