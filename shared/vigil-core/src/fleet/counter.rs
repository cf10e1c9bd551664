//! Counts the records of one audit report, for a report of the fleet that is made from files.

use std::collections::BTreeMap;

use time::{Date, Duration, OffsetDateTime};

use super::CertificateNumbers;
use crate::{arn::CaArn, audit_report::Record};

/// How many names a tally has, whatever the report contains; the rest is `(others)`.
const MAX_NAMES: usize = 1_000;
/// For how many days the ends of certificates are shown, as in the summary of a report.
const SHOWN_DAYS: i64 = 400;

/// Constant memory: it grows with accounts, templates and months only, within limits.
#[derive(Debug)]
pub struct CertificateCounter {
    as_of: OffsetDateTime,
    ca: Option<CaArn>,
    foreign: u64,
    numbers: CertificateNumbers,
    /// By Julian day of the Monday.
    ending: BTreeMap<i32, u64>,
    /// By year and month.
    issued: BTreeMap<(i32, u8), u64>,
    revoked: BTreeMap<(i32, u8), u64>,
}

impl CertificateCounter {
    /// Counts as of this time.
    pub fn new(as_of: OffsetDateTime) -> Self {
        Self {
            as_of,
            ca: None,
            foreign: 0,
            numbers: CertificateNumbers::default(),
            ending: BTreeMap::new(),
            issued: BTreeMap::new(),
            revoked: BTreeMap::new(),
        }
    }

    /// Counts a record. Records come in any order.
    pub fn add(&mut self, record: &Record<'_>) {
        if !self.is_of_ca(&record.certificate_arn) {
            self.foreign += 1;
            return;
        }
        self.numbers.issued += 1;
        tally(&mut self.numbers.by_account, &record.aws_account_id);
        tally(&mut self.numbers.by_template, record.template_arn.as_deref().unwrap_or("(none)"));
        *self.issued.entry(month(record.issued_at)).or_default() += 1;
        // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
        if record.is_revoked() {
            self.numbers.revoked += 1;
            let reason = record.revocation_reason.as_deref().unwrap_or("(none)");
            tally(&mut self.numbers.revoked_by_reason, reason);
            let at = record.revoked_at.unwrap_or(record.issued_at);
            *self.revoked.entry(month(at)).or_default() += 1;
        } else if record.not_after < self.as_of {
            self.numbers.expired += 1;
        } else if record.not_before > self.as_of {
            self.numbers.not_yet_valid += 1;
        } else {
            self.add_valid(record);
        }
    }

    fn add_valid(&mut self, record: &Record<'_>) {
        let left = record.not_after - self.as_of;
        self.numbers.valid += 1;
        self.numbers.expiring_within_30_days += u64::from(left <= Duration::days(30));
        self.numbers.expiring_within_90_days += u64::from(left <= Duration::days(90));
        self.numbers.latest_not_after = self.numbers.latest_not_after.max(Some(record.not_after));
        let day = record.not_after.date();
        if day - self.as_of.date() < Duration::days(SHOWN_DAYS) {
            let monday = day.to_julian_day() - i32::from(day.weekday().number_days_from_monday());
            *self.ending.entry(monday).or_default() += 1;
        }
    }

    /// The first record says whose report it is.
    fn is_of_ca(&mut self, certificate: &str) -> bool {
        match &self.ca {
            Some(ca) => certificate
                .strip_prefix(ca.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("/certificate/")),
            None => {
                let of = certificate.split_once("/certificate/").map_or(certificate, |(of, _)| of);
                self.ca = of.parse().ok();
                self.ca.is_some()
            }
        }
    }

    /// The CA, the numbers, and how many records were another CA's or nameless. `unreadable`: the
    /// records that could not be read.
    pub fn finish(
        mut self,
        source: String,
        unreadable: u64,
    ) -> (Option<CaArn>, CertificateNumbers, u64) {
        let months = |of: BTreeMap<(i32, u8), u64>| {
            of.into_iter().map(|((year, month), count)| (format!("{year:04}-{month:02}"), count))
        };
        self.numbers.source = source;
        self.numbers.as_of = Some(self.as_of);
        self.numbers.unreadable = unreadable;
        self.numbers.issued_by_month = months(self.issued).collect();
        self.numbers.revoked_by_month = months(self.revoked).collect();
        let week = |(day, count)| Some((Date::from_julian_day(day).ok()?.to_string(), count));
        self.numbers.ending_by_week = self.ending.into_iter().filter_map(week).collect();
        (self.ca, self.numbers, self.foreign)
    }
}

fn month(at: OffsetDateTime) -> (i32, u8) {
    (at.year(), at.month().into())
}

fn tally(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
        return;
    }
    let name = if counts.len() < MAX_NAMES { name } else { "(others)" };
    let name: String = name.chars().take(256).collect();
    *counts.entry(name).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::audit_report::{Format, ReportReader};

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

    fn counted(records: &[(&str, &str, &str, Option<&str>)]) -> (CertificateNumbers, u64) {
        let records: Vec<_> = records
            .iter()
            .map(|(ca, from, to, revoked)| {
                serde_json::json!({
                    "awsAccountId": "111122223333", "certificateArn": format!("{ca}/certificate/01"),
                    "serial": "01", "subject": "CN=a", "notBefore": format!("{from}T00:00:00+0000"),
                    "notAfter": format!("{to}T00:00:00+0000"),
                    "issuedAt": format!("{from}T00:00:00+0000"),
                    "revokedAt": revoked.map(|at| format!("{at}T00:00:00+0000")),
                    "revocationReason": revoked.map(|_| "SUPERSEDED"),
                })
            })
            .collect();
        let mut counter = CertificateCounter::new(datetime!(2026-03-01 0:00 UTC));
        let mut reader = ReportReader::new(Format::Json);
        let mut add = |record: &Record<'_>| counter.add(record);
        reader.push(serde_json::Value::from(records).to_string().as_bytes(), &mut add);
        reader.finish(&mut add).unwrap();
        let (ca, numbers, foreign) = counter.finish("file".to_owned(), 0);
        assert_eq!(ca.unwrap().as_str(), CA);
        (numbers, foreign)
    }

    #[test]
    fn each_record_is_counted_once_and_anothers_not_at_all() {
        let other = CA.replace("11223344", "99999999");
        let (numbers, foreign) = counted(&[
            (CA, "2025-01-10", "2026-03-01", None),
            (CA, "2025-01-11", "2026-02-28", None),
            (CA, "2026-04-01", "2027-01-01", None),
            (CA, "2025-02-01", "2026-05-01", Some("2025-03-01")),
            (&other, "2025-02-01", "2026-05-01", None),
        ]);
        let counts = (numbers.issued, numbers.valid, numbers.expired, numbers.not_yet_valid);
        assert_eq!((counts, numbers.revoked, foreign), ((4, 1, 1, 1), 1, 1));
        assert_eq!(numbers.issued_by_month["2025-01"], 2);
        assert_eq!(numbers.revoked_by_month["2025-03"], 1);
        assert_eq!(numbers.ending_by_week["2026-02-23"], 1, "the Monday before a Sunday");
        assert_eq!(numbers.expiring_within_30_days, 1);
    }
}
