//! Which of a CA's audit reports is the newest that was summarised, and where it lies.
//!
//! One object for each CA, `state/audit-report/<CA id>.json`: audit-report writes it, and crl-audit
//! holds the CRL against the report that it names.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The newest audit report of a CA that was summarised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its id, a UUID.
    pub report: String,
    /// The bucket that it is in.
    pub bucket: String,
    /// Its key in the bucket.
    pub key: String,
    /// When ACM PCA created it.
    #[serde(with = "crate::instant::text")]
    pub created_at: OffsetDateTime,
}
