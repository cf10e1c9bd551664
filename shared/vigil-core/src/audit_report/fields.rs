//! The fields of a line by their columns, and what is made of them.

use memchr::memchr;
use serde::{Deserialize, Serialize};

use super::Record;

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
        text(self.fields[at]).ok_or_else(|| "a field is not text".to_owned())
    }

    /// Whether the last field is the ARN of a template, to its end.
    pub(super) fn ends_with_template(&self) -> bool {
        let last = self.fields.len().checked_sub(1);
        last == self.columns.template_arn
            && self.fields.last().is_some_and(|field| is_template(field))
    }
}

/// `arn:<partition>:acm-pca:::template/<Name>/V<n>` (AWS Private CA User Guide, Understanding certificate
/// templates).
fn is_template(field: &[u8]) -> bool {
    let parts = || {
        let (partition, rest) = text(field)?.strip_prefix("arn:")?.split_once(':')?;
        let (name, version) = rest.strip_prefix("acm-pca:::template/")?.split_once("/V")?;
        Some([partition, name, version])
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    parts().is_some_and(|parts| parts.iter().all(|part| !part.is_empty()) && is_number(parts[2]))
}

/// UTF-8 without NUL, which a part of a file has that was never written.
pub(super) fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok().filter(|text| memchr(0, text.as_bytes()).is_none())
}

/// Where each field stands. The header is checked by name, so that columns may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The columns as ACM PCA writes them (AWS Private CA User Guide, Use audit reports with your private
/// CA).
pub(super) const DOCUMENTED: [&str; 11] = [
    "awsAccountId",
    "requestedByServicePrincipal",
    "certificateArn",
    "serial",
    "subject",
    "notBefore",
    "notAfter",
    "issuedAt",
    "revokedAt",
    "revocationReason",
    "templateArn",
];

/// What the first line of a report says of its columns.
pub(super) enum Header {
    /// Where each of them is.
    Whole(Columns),
    /// Where each of them is or was, and what is wrong.
    Damaged(Columns, String),
    /// Nothing, and why.
    Foreign(String),
}

impl Header {
    pub(super) fn read(names: &[&[u8]]) -> Self {
        // Some tools put a byte order mark into the quotes of the first name.
        let plain = |name: &&[u8]| name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name).to_vec();
        let names: Vec<Vec<u8>> = names.iter().map(plain).collect();
        let is_known = |name: &[u8]| {
            name == b"Subject" || DOCUMENTED.iter().any(|known| known.as_bytes() == name)
        };
        let twice = names
            .iter()
            .enumerate()
            .find(|(at, name)| is_known(name) && names[..*at].contains(name));
        let lacks = |what: &str| format!("the header has no column {what:?}");
        // In place of those that are unknown, the others may stand where the service puts them.
        let is_placed = || {
            let mut pairs = names.iter().zip(DOCUMENTED);
            let fits = |(name, documented): (&Vec<u8>, &str)| {
                name == documented.as_bytes() || !is_known(name)
            };
            let some = names.iter().any(|name| is_known(name));
            some && names.len() == DOCUMENTED.len() && pairs.all(fits)
        };
        match (Columns::find(&names), twice) {
            (Ok(columns), Some((_, name))) => {
                let name = String::from_utf8_lossy(name);
                Self::Damaged(columns, format!("the header has the column {name:?} twice"))
            }
            (Ok(columns), None) if columns.template_arn.is_some() => Self::Whole(columns),
            // Older reports have no templates, and no column that is unknown either.
            (Ok(columns), None) if names.iter().all(|name| is_known(name)) => Self::Whole(columns),
            (Ok(columns), None) => {
                let columns = if is_placed() { Columns::documented() } else { columns };
                Self::Damaged(columns, lacks("templateArn"))
            }
            (Err(name), _) if is_placed() => Self::Damaged(Columns::documented(), lacks(name)),
            (Err(name), _) => Self::Foreign(lacks(name)),
        }
    }
}

impl Columns {
    /// # Errors
    /// The first name that is missing.
    fn find(names: &[Vec<u8>]) -> Result<Self, &'static str> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted.as_bytes());
        let need = |wanted| find(wanted).ok_or(wanted);
        Ok(Self {
            count: names.len(),
            aws_account_id: need("awsAccountId")?,
            requested_by_service_principal: need("requestedByServicePrincipal")?,
            certificate_arn: need("certificateArn")?,
            serial: need("serial")?,
            subject: find("Subject").map_or_else(|| need("subject"), Ok)?,
            not_before: need("notBefore")?,
            not_after: need("notAfter")?,
            issued_at: need("issuedAt")?,
            revoked_at: need("revokedAt")?,
            revocation_reason: need("revocationReason")?,
            template_arn: find("templateArn"),
        })
    }

    /// Where the service puts each of them.
    pub(super) fn documented() -> Self {
        Self {
            count: DOCUMENTED.len(),
            aws_account_id: 0,
            requested_by_service_principal: 1,
            certificate_arn: 2,
            serial: 3,
            subject: 4,
            not_before: 5,
            not_after: 6,
            issued_at: 7,
            revoked_at: 8,
            revocation_reason: 9,
            template_arn: Some(10),
        }
    }

    /// The columns of a whole header.
    pub(super) fn of_header(names: &[&[u8]]) -> Option<Self> {
        match Header::read(names) {
            Header::Whole(columns) => Some(columns),
            Header::Damaged(..) | Header::Foreign(_) => None,
        }
    }
}
