//! The fields of a line by their columns, and what is made of them.

use serde::Deserialize;

use super::{Record, ReportError};

/// Takes the records of a report one by one, each in the form that it wants.
pub trait Sink {
    /// The form that records are read into.
    type Form<'r>: Form<'r>;

    /// Takes one record.
    fn take(&mut self, record: &Self::Form<'_>);
}

impl<F: FnMut(&Record<'_>)> Sink for F {
    type Form<'r> = Record<'r>;

    fn take(&mut self, record: &Record<'_>) {
        self(record);
    }
}

/// What a record is read into: all of its fields, or as many as the caller needs.
pub trait Form<'r>: Deserialize<'r> {
    /// Says why it cannot be.
    ///
    /// # Errors
    ///
    /// The reason, as a text.
    fn of_fields(fields: &Fields<'_, 'r>) -> Result<Self, String>;
}

/// A line that has as many fields as the header.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'f, 'r> {
    pub(super) columns: &'f Columns,
    pub(super) fields: &'f [&'r [u8]],
}

impl<'r> Fields<'_, 'r> {
    pub(super) fn octets(&self, at: usize) -> &'r [u8] {
        self.fields[at]
    }

    pub(super) fn text(&self, at: usize) -> Result<&'r str, String> {
        std::str::from_utf8(self.fields[at]).map_err(|_| "a field is not text".to_owned())
    }
}

/// Where each field stands. The header is checked by name, so that columns may be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) aws_account_id: usize,
    pub(super) requested_by_service_principal: usize,
    pub(super) certificate_arn: usize,
    pub(super) serial: usize,
    pub(super) subject: usize,
    pub(super) not_before: usize,
    pub(super) not_after: usize,
    pub(super) issued_at: usize,
    pub(super) revoked_at: usize,
    pub(super) revocation_reason: usize,
    /// Older reports have none.
    pub(super) template_arn: Option<usize>,
}

impl Columns {
    pub(super) fn find(names: &[&[u8]]) -> Result<Self, ReportError> {
        let find = |wanted: &str| {
            // Some tools put a byte order mark before the first name.
            let plain = |name: &&[u8]| name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name).to_vec();
            names.iter().position(|name| plain(name) == wanted.as_bytes())
        };
        let need = |wanted| find(wanted).ok_or(ReportError::Header(wanted));
        Ok(Self {
            count: names.len(),
            aws_account_id: need("awsAccountId")?,
            requested_by_service_principal: need("requestedByServicePrincipal")?,
            certificate_arn: need("certificateArn")?,
            serial: need("serial")?,
            subject: need("subject").or_else(|_| need("Subject"))?,
            not_before: need("notBefore")?,
            not_after: need("notAfter")?,
            issued_at: need("issuedAt")?,
            revoked_at: need("revokedAt")?,
            revocation_reason: need("revocationReason")?,
            template_arn: find("templateArn"),
        })
    }
}
