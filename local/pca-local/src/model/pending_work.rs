//! Work that a call has accepted and that is not done: a CA's key, a certificate.

use aws_sdk_acmpca::types::FailureReason;
use serde::{Deserialize, Serialize};

use crate::model::{issued_certificates::IssuedCertificate, values::word, wait::Wait};

/// A CA in CREATING: how long it stays, and whether it is to fail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingCreation {
    pub(crate) wait: Wait,
    #[serde(with = "word::optional")]
    pub(crate) fault: Option<FailureReason>,
}

/// A certificate that IssueCertificate has answered for and GetCertificate does not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum UnissuedCertificate {
    Failed {
        reason: String,
    },
    Waiting {
        issued: Box<IssuedCertificate>,
        failure: Option<String>,
        /// The ARN of who asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requester: Option<String>,
        wait: Wait,
    },
}
