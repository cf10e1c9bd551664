//! Numbers by a field.

use std::collections::BTreeMap;

use clap::ValueEnum;
use vigil_core::audit_report::Record;

use super::row::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Field {
    Status,
    Template,
    Account,
    Principal,
    Reason,
    Subject,
    /// The month of issuance.
    Issued,
    /// The month of the end.
    Ending,
    /// The month of revocation.
    Revoked,
    /// The validity in days.
    Validity,
}

/// Subjects are as many as certificates; beyond this number of values, new ones count as others.
const MAX_VALUES: usize = 100_000;
const OTHERS: &str = "(others)";
const NONE: &str = "(none)";

#[derive(Debug)]
pub(super) struct Counter {
    field: Field,
    counts: BTreeMap<String, u64>,
    /// Certificates that are counted as others.
    others: u64,
}

impl Counter {
    pub(super) fn new(field: Field) -> Self {
        Self { field, counts: BTreeMap::new(), others: 0 }
    }

    pub(super) fn add(&mut self, record: &Record<'_>, status: Status) {
        let month =
            |at: time::OffsetDateTime| format!("{:04}-{:02}", at.year(), u8::from(at.month()));
        match self.field {
            Field::Status => self.count(status.name()),
            Field::Template => self.count(record.template_arn.as_deref().unwrap_or(NONE)),
            Field::Account => self.count(&record.aws_account_id),
            Field::Principal => {
                self.count(record.requested_by_service_principal.as_deref().unwrap_or(NONE));
            }
            Field::Reason => self.count(record.revocation_reason.as_deref().unwrap_or(NONE)),
            Field::Subject => self.count(&record.subject),
            Field::Issued => self.count(&month(record.issued_at)),
            Field::Ending => self.count(&month(record.not_after)),
            Field::Revoked => {
                let month = record.revoked_at.map_or_else(|| NONE.to_owned(), month);
                self.count(&month);
            }
            Field::Validity => {
                let days = (record.not_after - record.not_before).whole_days();
                self.count(&format!("{days:>6} days"));
            }
        }
    }

    fn count(&mut self, value: &str) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            return;
        }
        if self.counts.len() < MAX_VALUES {
            self.counts.insert(value.to_owned(), 1);
        } else {
            self.others += 1;
        }
    }

    /// Why the most frequent values may not be among those that are counted.
    pub(super) fn lacks(&self) -> Option<String> {
        let others = self.others;
        (others > 0).then(|| {
            format!(
                "there are more than {MAX_VALUES} values: those that came later, of {others} certificates, \
                 are counted together as {OTHERS}, and may be among the most frequent"
            )
        })
    }

    /// Months and validities in their own order, all else by number.
    pub(super) fn finish(self) -> Vec<(String, u64)> {
        let others = Some((OTHERS.to_owned(), self.others)).filter(|(_, count)| *count > 0);
        let mut counts: Vec<(String, u64)> = self.counts.into_iter().chain(others).collect();
        let is_in_order =
            matches!(self.field, Field::Issued | Field::Ending | Field::Revoked | Field::Validity);
        if !is_in_order {
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_limit_are_counted_and_said_to_be() {
        let mut counter = Counter::new(Field::Subject);
        (0..MAX_VALUES).for_each(|n| counter.count(&n.to_string()));
        assert_eq!(counter.lacks(), None);
        for value in ["late", "late", OTHERS, "7"] {
            counter.count(value);
        }
        assert!(counter.lacks().unwrap().contains("of 3 certificates"), "{:?}", counter.lacks());
        let counts = counter.finish();
        assert_eq!(counts[0], (OTHERS.to_owned(), 3));
        assert_eq!(counts[1], ("7".to_owned(), 2));
    }
}
