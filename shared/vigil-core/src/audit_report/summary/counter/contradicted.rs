//! Certificates that one record has as revoked, and another one, which is the same in all else, as not
//! revoked: they are revoked.
//!
//! Both orders do the same: the unrevoked one is added and taken back, and names that it takes in lists
//! are left out at the end.

use time::Duration;

use super::{
    Repeated, Summary, TemplateKind, add_revoked, add_unrevoked, is_too_long, julian, kind_of,
    outlives_ca,
};
use crate::audit_report::{
    Named, Record,
    summary::{concern::TakenBack, successors::Unexpired},
};

/// Their names in the lists of certificates that are not revoked.
#[derive(Clone, Debug, Default)]
pub(super) struct Contradicted {
    ca_certificates: TakenBack,
    over_max_validity: TakenBack,
    outliving_ca: TakenBack,
}

impl Contradicted {
    /// Adds the second record of such a certificate.
    pub(super) fn add(
        &mut self,
        summary: &mut Summary,
        unexpired: &mut Unexpired,
        record: &Record<'_>,
        before: Repeated,
    ) {
        summary.apart.repeated_serial.add(record, record.not_after);
        if before == Repeated::Revoked {
            add_unrevoked(summary, Some(&mut *unexpired), record);
        }
        self.take_back_unrevoked(summary, unexpired, record);
        if before == Repeated::Unrevoked {
            summary.impossible.see_revocation(record, summary.as_of);
            add_revoked(summary, record, false);
        }
    }

    /// Leaves their names out.
    pub(super) fn leave_out(mut self, summary: &mut Summary) {
        summary.ca_certificates.leave_out(&mut self.ca_certificates);
        summary.over_max_validity.leave_out(&mut self.over_max_validity);
        summary.outliving_ca.leave_out(&mut self.outliving_ca);
    }

    /// Takes back what [`add_unrevoked`] has counted of this certificate.
    fn take_back_unrevoked(
        &mut self,
        summary: &mut Summary,
        unexpired: &mut Unexpired,
        record: &Record<'_>,
    ) {
        let kind = kind_of(record);
        if kind != TemplateKind::EndEntity {
            summary.ca_certificates.take_back();
            self.ca_certificates.add(&Named::new(record, record.issued_at));
        }
        let is_begun = record.not_before <= summary.as_of;
        unexpired.take_back(record, summary.as_of, is_begun);
        if is_begun {
            self.take_back_valid(summary, record, kind);
        } else {
            summary.not_yet_valid = summary.not_yet_valid.saturating_sub(1);
        }
    }

    fn take_back_valid(&mut self, summary: &mut Summary, record: &Record<'_>, kind: TemplateKind) {
        let left = record.not_after - summary.as_of;
        let less = |count: &mut u64, is_counted: bool| {
            *count = count.saturating_sub(u64::from(is_counted));
        };
        less(&mut summary.valid, true);
        less(&mut summary.valid_roots, kind == TemplateKind::Root);
        less(&mut summary.expiring_within_30_days, left <= Duration::days(30));
        less(&mut summary.expiring_within_90_days, left <= Duration::days(90));
        summary.ending_per_day.take_back(julian(record.not_after));
        let named = || Named::new(record, record.not_after);
        if is_too_long(summary, record, kind) {
            summary.over_max_validity.take_back();
            self.over_max_validity.add(&named());
        }
        if outlives_ca(summary, record) {
            summary.outliving_ca.take_back();
            self.outliving_ca.add(&named());
        }
    }
}
