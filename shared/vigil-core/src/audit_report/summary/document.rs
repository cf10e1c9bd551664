//! The summary as it is kept in the evidence bucket, `summaries/<CA id>/<report>.json`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Compared, Summary};
use crate::arn::CaArn;

/// The form of the object. Fields are only added to it.
pub const SCHEMA: &str = "vigil.audit-report/1";

/// A summary, and the report that it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Summary"))]
pub struct Document {
    /// `vigil.audit-report/1`.
    pub schema: String,
    /// The CA.
    pub ca: CaArn,
    /// The id of the report, a UUID.
    pub report: String,
    /// The bucket of the report.
    pub bucket: String,
    /// The key of the report.
    pub key: String,
    /// When ACM PCA created the report: the time of all counts.
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub created_at: Option<OffsetDateTime>,
    /// When it was summarised, by the clock of ACM PCA.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub analysed_at: OffsetDateTime,
    /// The bytes that were read.
    pub input: Input,
    /// What has changed since the report before; null: there is none, or it is not known any more.
    #[serde(default)]
    pub compared: Option<Compared>,
    /// The counts.
    pub summary: Summary,
}

/// The bytes of a report object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Input {
    /// How many.
    pub bytes: u64,
    /// The SHA-256 of each 64 MiB, and of the rest, in hexadecimal.
    pub sha256: Vec<String>,
}
