//! How far a CA's certificates were looked at, for where they say that the CRL is.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use crate::instant::rfc3339;

/// Every valid certificate was that was issued between these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScannedCertificates {
    /// `None`: from the first on.
    #[serde(with = "time::serde::rfc3339::option")]
    pub issued_after: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub issued_before: Option<OffsetDateTime>,
    /// Valid certificates of the newest audit report that were not; `None` if it could not be read.
    pub left: Option<u64>,
    /// Some of them, or some records of the report, could not be read.
    pub has_unreadable: bool,
}

impl fmt::Display for ScannedCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the valid certificates issued ")?;
        if let Some(after) = self.issued_after {
            write!(f, "after {} and ", rfc3339(after))?;
        }
        let before = self.issued_before.map_or_else(|| "now".to_owned(), rfc3339);
        write!(f, "before {before} were looked at")?;
        match self.left {
            None => f.write_str(", and the newest audit report could not be read")?,
            Some(0) => f.write_str(", all of the newest audit report")?,
            Some(left) => write!(f, ", and {left} of the newest audit report were not yet")?,
        }
        if self.has_unreadable {
            f.write_str("; some could not be read")?;
        }
        Ok(())
    }
}
