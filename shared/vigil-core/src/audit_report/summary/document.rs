//! The summary as it is kept in the evidence bucket, `summaries/<CA id>/<report>.json`, and as
//! `vigil report` writes it of a file.

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
    /// The id of the report, a UUID. Empty: it is not known, because the report was a file of another name.
    pub report: String,
    /// The bucket of the report. Empty: the report was a file.
    pub bucket: String,
    /// The key of the report; of a file, its path as it was given.
    pub key: String,
    /// When ACM PCA created the report: the time of all counts. Null: it is not known, as of a file. Then the
    /// counts are of the time in `summary`.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub created_at: Option<OffsetDateTime>,
    /// When it was summarised, by the clock of ACM PCA; of a file, the time of the counts.
    #[serde(with = "crate::instant::text")]
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

impl Document {
    /// The object's bytes.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn written(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
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
