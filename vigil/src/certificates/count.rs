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
}

impl Counter {
    pub(super) fn new(field: Field) -> Self {
        Self { field, counts: BTreeMap::new() }
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
        let value = if self.counts.len() < MAX_VALUES { value } else { OTHERS };
        *self.counts.entry(value.to_owned()).or_default() += 1;
    }

    /// Months and validities in their own order, all else by number.
    pub(super) fn finish(self) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = self.counts.into_iter().collect();
        let is_in_order =
            matches!(self.field, Field::Issued | Field::Ending | Field::Revoked | Field::Validity);
        if !is_in_order {
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        }
        counts
    }
}
