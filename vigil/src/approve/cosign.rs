//! Whether the approval that lies in the bucket may be given another signature: it could be made now, and its
//! signers have signed what it says.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use time::OffsetDateTime;
use vigil_core::{
    ca::Ca,
    policy::{Approval, ApprovalError},
    ports::{PortError, Signatures},
    signed::{self, Signed},
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CosignRefused {
    #[error(
        "the signature of {0} is not for what the approval says: another principal has changed it"
    )]
    Invalid(String),
    #[error("the approval could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("{0}: approve without --cosign")]
    Unfit(&'static str),
    #[error("it is not known whether {key} has signed it: --cosign needs kms:Verify with that key")]
    Unknown {
        key: String,
        #[source]
        cause: PortError,
    },
    #[error("it cannot be read")]
    Unreadable(#[from] ApprovalError),
}

/// The approval in this object, checked. A principal that may write the object can have changed any of it.
pub(super) async fn checked(
    body: &[u8],
    ca: &Ca,
    now: OffsetDateTime,
    signatures: &dyn Signatures,
) -> Result<Signed<Approval>, CosignRefused> {
    let approval = Approval::read(body, &ca.arn)?;
    if let Some(why) = approval.statement.unfit_to_cosign(ca, now) {
        return Err(CosignRefused::Unfit(why));
    }
    let digest = signed::digest(&approval.statement)?;
    for one in &approval.signatures {
        let key = || one.key.clone();
        let octets = BASE64_STANDARD.decode(&one.signature);
        let octets = octets.map_err(|_| CosignRefused::Invalid(key()))?;
        match signatures.is_signed(&one.key, &digest, &octets).await {
            Ok(true) => {}
            Ok(false) => return Err(CosignRefused::Invalid(key())),
            Err(cause) => return Err(CosignRefused::Unknown { key: key(), cause }),
        }
    }
    Ok(approval)
}
