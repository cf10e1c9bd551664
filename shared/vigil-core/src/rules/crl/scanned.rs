//! Which of a CA's certificates were read, for their CRL distribution points.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use crate::instant::rfc3339;

/// Every valid certificate that was issued between these was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ScannedCertificates {
    /// `None`: from the first on.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub issued_after: Option<OffsetDateTime>,
    /// `None`: up to now.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub issued_before: Option<OffsetDateTime>,
    /// Valid certificates of the newest audit report that were not read; `None` if the report could
    /// not be read.
    pub left: Option<u64>,
    /// Some of them, or some records of the report, could not be read.
    pub has_unreadable: bool,
}

impl fmt::Display for ScannedCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vigil has read the valid certificates issued ")?;
        if let Some(after) = self.issued_after {
            write!(f, "after {} and ", rfc3339(after))?;
        }
        let before = self.issued_before.map_or_else(|| "now".to_owned(), rfc3339);
        write!(f, "before {before}: ")?;
        match self.left {
            None => f.write_str("the newest audit report could not be read")?,
            Some(0) => f.write_str("all of the newest audit report")?,
            Some(left) => write!(f, "{left} of the newest audit report are left")?,
        }
        if self.has_unreadable {
            f.write_str(". Some could not be read")?;
        }
        Ok(())
    }
}
