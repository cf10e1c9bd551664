//! Counts the records of a report, one after the other and in any order.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{
    super::{Ending, Record},
    Fingerprint, Succeeding, Summary,
    days::{SHOWN_DAYS, julian},
    serials::Repeated,
    successors::Unexpired,
    validity,
};
use crate::arn::CaArn;

mod contradicted;

use contradicted::Contradicted;

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
    #[serde(skip)]
    contradicted: Contradicted,
}

impl Counter {
    /// Nothing is counted yet.
    pub fn new(basis: Basis<'_>) -> Self {
        let prefix = basis.ca.map(|ca| format!("{ca}/certificate/"));
        let summary = Summary::new(basis.as_of, basis.ca_not_after);
        let contradicted = Contradicted::default();
        Self { summary, prefix, earlier: None, unexpired: None, contradicted }
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

    /// Also names the end-entity certificates that are valid for more days.
    #[must_use]
    pub fn with_max_validity_days(mut self, days: Option<u32>) -> Self {
        self.summary.max_validity_days = days;
        self
    }

    /// A certificate of a CA that succeeds this one. It can be a successor, and is counted nowhere else.
    pub fn add_succeeding(&mut self, record: &Record<'_>) {
        let as_of = self.summary.as_of;
        if record.is_revoked() || record.not_after < as_of {
            return;
        }
        if let Some(unexpired) = self.unexpired.as_mut() {
            unexpired.add(record, as_of, false);
        }
    }

    /// Records which report of a succeeding CA was read.
    pub fn succeeded_by(&mut self, ca: Succeeding) {
        self.summary.succeeding.push(ca);
    }

    /// Records what is not judged, and why.
    pub fn not_judged(&mut self, what: String) {
        self.summary.not_judged.push(what);
    }

    /// The fingerprint of that moment.
    pub fn earlier(&self) -> Option<&Fingerprint> {
        self.earlier.as_ref()
    }

    /// Counts a record. Records come in any order.
    pub fn add(&mut self, record: &Record<'_>) {
        let Self { summary, prefix, earlier, unexpired, contradicted } = self;
        if summary.apart.takes(record, prefix.as_deref()) {
            return;
        }
        // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
        let is_expired = record.not_after < summary.as_of;
        if let Some(unexpired) = unexpired.as_mut().filter(|_| !is_expired)
            && let Some(repeated) = unexpired.repeats(record)
        {
            match repeated {
                Repeated::Another => summary.impossible.shares_serial(record, summary.as_of),
                Repeated::Equal => return summary.apart.repeated.add(record, record.not_after),
                Repeated::Revoked | Repeated::Unrevoked => {
                    return contradicted.add(summary, unexpired, record, repeated);
                }
            }
        }
        add_fingerprints(&mut summary.fingerprint, earlier.as_mut(), record);
        summary.impossible.see(record, summary.as_of);
        add_issued(summary, record, kind_of(record));
        match (record.is_revoked(), is_expired) {
            (true, _) => add_revoked(summary, record, is_expired),
            (false, true) => summary.expired += 1,
            (false, false) => add_unrevoked(summary, unexpired.as_mut(), record),
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
            Some(unexpired) => {
                self.contradicted.leave_out(&mut summary);
                summary.successors = Some(unexpired.finish(summary.as_of));
            }
            None => summary.not_judged.extend(NOT_INDEXED.map(str::to_owned)),
        }
        summary
    }
}

/// Of so many valid CA certificates the names are kept.
const MAX_CA_CERTIFICATES: usize = 500;

/// What a template makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TemplateKind {
    EndEntity,
    Root,
    Subordinate,
}

/// By the template's name: `RootCACertificate/V1`, `SubordinateCACertificate_PathLen0/V1` and their blank
/// variants (AWS Private CA User Guide, "Understanding certificate templates").
fn kind_of(record: &Record<'_>) -> TemplateKind {
    let template = record.template_arn.as_deref().unwrap_or_default();
    // The part before the version.
    let name = template.rsplit('/').nth(1).unwrap_or_default();
    let name = name.strip_prefix("Blank").unwrap_or(name);
    if name.starts_with("SubordinateCACertificate") {
        TemplateKind::Subordinate
    } else if name.starts_with("RootCACertificate") {
        TemplateKind::Root
    } else {
        TemplateKind::EndEntity
    }
}

fn days_of(record: &Record<'_>) -> u32 {
    let seconds = (record.not_after - record.issued_at).whole_seconds().max(0);
    // A second of a day is more than the days before.
    let day = Duration::DAY.whole_seconds();
    u32::try_from((seconds + day - 1) / day).unwrap_or(u32::MAX)
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

/// What a CA still issues is what it has issued so recently.
const RECENT: Duration = Duration::days(90);

fn add_issued(summary: &mut Summary, record: &Record<'_>, kind: TemplateKind) {
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
    summary.last_issued_at = summary.last_issued_at.max(Some(record.issued_at));
    let is_recent = record.issued_at >= summary.as_of - RECENT;
    if is_recent && kind != TemplateKind::Root {
        let longest = &mut summary.longest_recent_validity_days;
        *longest = (*longest).max(Some(days_of(record)));
    }
}

fn add_revoked(summary: &mut Summary, record: &Record<'_>, is_expired: bool) {
    let at = record.revoked_at.unwrap_or(record.issued_at);
    let reason = record.revocation_reason.as_deref().unwrap_or("(none)");
    summary.revoked += 1;
    summary.revoked_unexpired += u64::from(!is_expired);
    summary.revoked_by_reason.count(reason);
    summary.revoked_over_time.count(at, summary.as_of);
    summary.revoked_by_hour.count(at);
    summary.revoked_by_recent_hour.count(at, summary.as_of);
    match reason {
        "CERTIFICATE_AUTHORITY_COMPROMISE" => summary.ca_compromise.add(record, at),
        "KEY_COMPROMISE" => summary.key_compromise.add(record, at),
        _ => {}
    }
}

/// An unexpired certificate that is not revoked.
fn add_unrevoked(summary: &mut Summary, unexpired: Option<&mut Unexpired>, record: &Record<'_>) {
    let kind = kind_of(record);
    if kind != TemplateKind::EndEntity {
        summary.ca_certificates.add_within(MAX_CA_CERTIFICATES, record, record.issued_at);
    }
    let is_begun = record.not_before <= summary.as_of;
    if let Some(unexpired) = unexpired {
        unexpired.add(record, summary.as_of, is_begun);
    }
    if is_begun {
        add_valid(summary, record, kind);
    } else {
        summary.not_yet_valid += 1;
    }
}

fn is_too_long(summary: &Summary, record: &Record<'_>, kind: TemplateKind) -> bool {
    kind == TemplateKind::EndEntity
        && summary.max_validity_days.is_some_and(|most| days_of(record) > most)
}

fn outlives_ca(summary: &Summary, record: &Record<'_>) -> bool {
    summary.ca_not_after.is_some_and(|end| record.not_after > end)
}

fn add_valid(summary: &mut Summary, record: &Record<'_>, kind: TemplateKind) {
    let not_after = record.not_after;
    let left = not_after - summary.as_of;
    summary.valid += 1;
    summary.expiring_within_30_days += u64::from(left <= Duration::days(30));
    summary.expiring_within_90_days += u64::from(left <= Duration::days(90));
    summary.earliest_not_after =
        Some(summary.earliest_not_after.map_or(not_after, |at| at.min(not_after)));
    summary.latest_not_after = summary.latest_not_after.max(Some(not_after));
    if kind == TemplateKind::Root {
        summary.valid_roots += 1;
    } else {
        let latest = &mut summary.latest_not_after_without_roots;
        *latest = (*latest).max(Some(not_after));
    }
    let day = julian(not_after);
    if day < julian(summary.as_of) + SHOWN_DAYS {
        summary.ending_per_day.count(day);
    }
    if is_too_long(summary, record, kind) {
        summary.over_max_validity.add(record, not_after);
    }
    if outlives_ca(summary, record) {
        summary.outliving_ca.add(record, not_after);
    }
}
