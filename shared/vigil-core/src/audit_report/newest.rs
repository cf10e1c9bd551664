//! Which of a CA's audit reports is the newest that was summarised, and where it lies.
//!
//! One object for each CA, `state/audit-report/<CA id>.json`: audit-report writes it, and crl-audit
//! holds the CRL against the report that it names.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    pub report: String,
    pub bucket: String,
    pub key: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}
