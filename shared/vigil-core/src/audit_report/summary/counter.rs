//! Counts the records of a report, one after the other and in any order.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{
    super::{Ending, Record},
    Fingerprint, Summary,
    days::{SHOWN_DAYS, julian},
    successors::Unexpired,
    validity,
};
use crate::arn::CaArn;

/// What the counts are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The CA. `None`: it is not judged which records belong to it.
    pub ca: Option<&'a CaArn>,
    /// The end of the CA's own certificate.
    pub ca_not_after: Option<OffsetDateTime>,
    /// When the report was created.
    pub as_of: OffsetDateTime,
}

/// A summary in the making. It can be put down and taken up again, unless it is indexed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counter {
    summary: Summary,
    /// What the ARNs of the CA's certificates begin with.
    prefix: Option<String>,
    /// What this report says of the time of an earlier one.
    earlier: Option<Fingerprint>,
    #[serde(skip)]
    unexpired: Option<Unexpired>,
}

impl Counter {
    /// Nothing is counted yet.
    pub fn new(basis: Basis<'_>) -> Self {
        let prefix = basis.ca.map(|ca| format!("{ca}/certificate/"));
        let summary = Summary::new(basis.as_of, basis.ca_not_after);
        Self { summary, prefix, earlier: None, unexpired: None }
    }

    /// Also finds successors and serial numbers that come twice. Some 60 bytes of memory are used for
    /// each unexpired certificate, which are lost when it is put down.
    #[must_use]
    pub fn indexed(self) -> Self {
        Self { unexpired: Some(Unexpired::default()), ..self }
    }

    /// Also takes the fingerprint of another moment, that of an earlier report.
    #[must_use]
    pub fn with_fingerprint_until(self, until: OffsetDateTime) -> Self {
        Self { earlier: Some(Fingerprint::until(until)), ..self }
    }

    /// The fingerprint of that moment.
    pub fn earlier(&self) -> Option<&Fingerprint> {
        self.earlier.as_ref()
    }

    /// Counts a record. Records come in any order.
    pub fn add(&mut self, record: &Record<'_>) {
        let Self { summary, prefix, earlier, unexpired } = self;
        if summary.apart.takes(record, prefix.as_deref()) {
            return;
        }
        // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
        let is_expired = record.not_after < summary.as_of;
        if let Some(unexpired) = unexpired.as_mut().filter(|_| !is_expired)
            && let Some(repeated) = unexpired.repeats(record)
        {
            return summary.apart.repeats(record, repeated);
        }
        add_fingerprints(&mut summary.fingerprint, earlier.as_mut(), record);
        summary.impossible.see(record, summary.as_of);
        add_issued(summary, record);
        if record.is_revoked() {
            return add_revoked(summary, record, is_expired);
        }
        let is_begun = record.not_before <= summary.as_of;
        if let Some(unexpired) = unexpired.as_mut().filter(|_| !is_expired) {
            unexpired.add(record, summary.as_of, is_begun);
        }
        match (is_expired, is_begun) {
            (true, _) => summary.expired += 1,
            (false, true) => add_valid(summary, record),
            (false, false) => summary.not_yet_valid += 1,
        }
    }

    /// The summary. `ending` is of the reader that has passed the records on.
    pub fn finish(self, ending: Ending) -> Summary {
        let Ending { records, unreadable, mut incomplete, .. } = ending;
        let mut summary = self.summary;
        summary.records = summary.issued + summary.apart.count() + unreadable.count;
        if unreadable.count > 0 {
            let (count, bytes) = (unreadable.count, unreadable.bytes);
            incomplete.push(format!("{count} record(s) of {bytes} bytes could not be read"));
        }
        if summary.records != records {
            let counted = summary.records;
            incomplete.push(format!("it has {records} records, and {counted} were counted"));
        }
        summary.complete = incomplete.is_empty();
        summary.incomplete_because = incomplete;
        summary.unreadable = unreadable;
        match self.unexpired {
            Some(unexpired) => summary.successors = Some(unexpired.finish()),
            None => summary.not_judged.extend(NOT_INDEXED.map(str::to_owned)),
        }
        summary
    }
}

/// What is not judged without an index.
const NOT_INDEXED: [&str; 2] = [
    "successors: the report is too large for an index of its unexpired certificates",
    "serial numbers that come twice: the report is too large for an index of its unexpired certificates",
];

fn add_fingerprints(own: &mut Fingerprint, earlier: Option<&mut Fingerprint>, record: &Record<'_>) {
    let earlier = earlier.filter(|earlier| earlier.concerns(record));
    let is_own = own.concerns(record);
    if !is_own && earlier.is_none() {
        return;
    }
    let of_record = Fingerprint::of(record);
    if is_own {
        own.add(of_record);
    }
    if let Some(earlier) = earlier {
        earlier.add(of_record);
    }
}

fn add_issued(summary: &mut Summary, record: &Record<'_>) {
    let template = record.template_arn.as_deref().unwrap_or("(none)");
    summary.issued += 1;
    summary.by_account.count(&record.aws_account_id);
    summary.by_template.count(template);
    if let Some(principal) = &record.requested_by_service_principal {
        summary.by_service_principal.count(principal);
    }
    validity::count(&mut summary.by_validity, record.issued_at, record.not_after);
    summary.first_issued_by_account.see(&record.aws_account_id, record.issued_at);
    summary.first_issued_by_template.see(template, record.issued_at);
    summary.issued_over_time.count(record.issued_at, summary.as_of);
    summary.issued_by_hour.count(record.issued_at);
}

fn add_revoked(summary: &mut Summary, record: &Record<'_>, is_expired: bool) {
    let at = record.revoked_at.unwrap_or(record.issued_at);
    let reason = record.revocation_reason.as_deref().unwrap_or("(none)");
    summary.revoked += 1;
    summary.revoked_unexpired += u64::from(!is_expired);
    summary.revoked_by_reason.count(reason);
    summary.revoked_over_time.count(at, summary.as_of);
    summary.revoked_by_hour.count(at);
    match reason {
        "CERTIFICATE_AUTHORITY_COMPROMISE" => summary.ca_compromise.add(record, at),
        "KEY_COMPROMISE" => summary.key_compromise.add(record, at),
        _ => {}
    }
}

fn add_valid(summary: &mut Summary, record: &Record<'_>) {
    let not_after = record.not_after;
    let left = not_after - summary.as_of;
    summary.valid += 1;
    summary.expiring_within_30_days += u64::from(left <= Duration::days(30));
    summary.expiring_within_90_days += u64::from(left <= Duration::days(90));
    summary.earliest_not_after =
        Some(summary.earliest_not_after.map_or(not_after, |at| at.min(not_after)));
    summary.latest_not_after = summary.latest_not_after.max(Some(not_after));
    let day = julian(not_after);
    if day < julian(summary.as_of) + SHOWN_DAYS {
        summary.ending_per_day.count(day);
    }
    if summary.ca_not_after.is_some_and(|end| not_after > end) {
        summary.outliving_ca.add(record, not_after);
    }
}
