//! Which certificates are wanted.

use iam_policy::wildcard::Wildcard;
use time::{Duration, OffsetDateTime};
use vigil_core::{audit_report::Record, span::Span};

use super::{Filters, row::Status};

/// The filters of the command line, ready to be put to millions of records.
#[derive(Debug)]
pub(super) struct Filter {
    as_of: OffsetDateTime,
    status: Vec<Status>,
    subject: Option<Pattern>,
    serial: Option<String>,
    template: Option<Pattern>,
    account: Option<String>,
    reason: Option<String>,
    issued: Option<Range>,
    ending: Option<Range>,
    revoked: Option<Range>,
}

/// From the first, before the second.
type Range = (OffsetDateTime, OffsetDateTime);

impl Filter {
    pub(super) fn new(filters: &Filters, as_of: OffsetDateTime) -> Self {
        let past = |span: Option<Span>| span.map(|span| (back(as_of, span), after(as_of)));
        let future = |span: Option<Span>| {
            span.map(|span| (as_of, as_of.checked_add(span.duration()).map_or(as_of, after)))
        };
        Self {
            as_of,
            status: filters.status.clone(),
            subject: filters.subject.as_deref().map(Pattern::new),
            serial: filters.serial.clone(),
            template: filters.template.as_deref().map(Pattern::new),
            account: filters.account.clone(),
            reason: filters.reason.clone(),
            issued: filters.issued_between.or(past(filters.issued_within)),
            ending: filters.ending_between.or(future(filters.ending_within)),
            revoked: filters.revoked_between.or(past(filters.revoked_within)),
        }
    }

    /// The status of a record that is wanted.
    pub(super) fn accepts(&self, record: &Record<'_>) -> Option<Status> {
        let is_in = |range: &Option<Range>, at: Option<OffsetDateTime>| match range {
            None => true,
            Some((from, to)) => at.is_some_and(|at| *from <= at && at < *to),
        };
        let fits = |pattern: &Option<Pattern>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.fits(text))
        };
        let equal = |wanted: &Option<String>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
        };
        let is_wanted = fits(&self.subject, &record.subject)
            && equal(&self.account, Some(&record.aws_account_id))
            && equal(&self.reason, record.revocation_reason.as_deref())
            && fits(&self.template, record.template_arn.as_deref().unwrap_or_default())
            && is_in(&self.issued, Some(record.issued_at))
            && is_in(&self.ending, Some(record.not_after))
            && is_in(&self.revoked, revoked_at(record))
            && self.serial.as_ref().is_none_or(|serial| digits(&record.serial) == *serial);
        let status = Status::of(record, self.as_of);
        let has_status = self.status.is_empty() || self.status.contains(&status);
        (is_wanted && has_status).then_some(status)
    }
}

/// AWS documents a record with a reason and no time: it counts as revoked when it was issued, as in summaries.
fn revoked_at(record: &Record<'_>) -> Option<OffsetDateTime> {
    record.revoked_at.or(record.is_revoked().then_some(record.issued_at))
}

fn back(from: OffsetDateTime, span: Span) -> OffsetDateTime {
    from.checked_sub(span.duration()).unwrap_or(from)
}

/// A range ends before its end; what happens at this very second counts, too.
fn after(at: OffsetDateTime) -> OffsetDateTime {
    at.checked_add(Duration::SECOND).unwrap_or(at)
}

/// `00:AB` and `ab` are one number.
pub(super) fn digits(serial: &str) -> String {
    let digits: String =
        serial.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
    digits.trim_start_matches('0').to_owned()
}

/// A substring; with `*` or `?`, a glob over the whole text.
#[derive(Debug)]
enum Pattern {
    Glob(Wildcard),
    Substring(String),
}

impl Pattern {
    fn new(text: &str) -> Self {
        if text.contains(['*', '?']) {
            // `*x*` is the substring x, which is found faster.
            let inner = text.trim_matches('*');
            if text.len() >= 2
                && text.starts_with('*')
                && text.ends_with('*')
                && !inner.contains(['*', '?'])
            {
                return Self::Substring(inner.to_owned());
            }
            return Self::Glob(Wildcard::iam(text));
        }
        Self::Substring(text.to_owned())
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Substring(wanted) => text.contains(wanted.as_str()),
            Self::Glob(pattern) => pattern.fits(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use clap::Parser as _;
    use time::macros::datetime;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        filters: Filters,
    }

    #[test]
    fn a_revocation_without_a_time_is_within_that_of_issuance() {
        let issued = datetime!(2026-02-20 0:00 UTC);
        let record = |reason: Option<&'static str>| Record {
            aws_account_id: Cow::Borrowed("111122223333"),
            requested_by_service_principal: None,
            certificate_arn: Cow::Borrowed("a"),
            serial: Cow::Borrowed("01"),
            subject: Cow::Borrowed("CN=a"),
            not_before: issued,
            not_after: issued + Duration::days(90),
            issued_at: issued,
            revoked_at: None,
            revocation_reason: reason.map(Cow::Borrowed),
            template_arn: None,
        };
        let accepts = |span: &str, reason| {
            let line = Line::parse_from(["x", "--revoked-within", span]);
            let filter = Filter::new(&line.filters, issued + Duration::days(9));
            filter.accepts(&record(reason)).is_some()
        };
        assert!(accepts("10d", Some("SUPERSEDED")) && !accepts("8d", Some("SUPERSEDED")));
        assert!(!accepts("10d", None), "it is not revoked");
    }

    #[test]
    fn a_pattern_is_a_substring_or_a_glob_of_all() {
        for (pattern, text, want) in [
            ("example", "CN=www.example.com", true),
            ("Example", "CN=www.example.com", false),
            ("CN=*.com", "CN=www.example.com", true),
            ("CN=*.org", "CN=www.example.com", false),
            ("*www*", "CN=www.example.com", true),
            ("*a*b*", "xaxbx", true),
            ("*b*a*", "xaxbx", false),
            ("CN=?", "CN=é", true),
            ("CN=?", "CN=éé", false),
            ("", "anything", true),
            ("*", "", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_glob_takes_no_time_of_its_own() {
        let pattern = Pattern::new(&format!("{}b?", "*a".repeat(50)));
        assert!(!pattern.fits(&"a".repeat(5_000)));
    }

    #[test]
    fn a_serial_is_found_with_colons_and_without() {
        assert_eq!(digits("00:AB:01"), digits("ab01"));
        assert_ne!(digits("ab:01"), digits("ab:10"));
    }
}
