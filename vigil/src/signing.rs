//! Signs a statement with AWS KMS, and stores it in the evidence bucket.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_aws::{clients::Clients, evidence_bucket::EvidenceBucket};
use vigil_core::{
    ports::{Creation, EvidenceStore as _, PortError, Replacement, StoredObject},
    signed::{self, Signature, Signed, Statement},
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SigningError {
    #[error("{0} was changed at the same time: run the command again")]
    Contended(String),
    #[error(transparent)]
    Kms(#[from] PortError),
    #[error("the statement could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The statement with one more signature; one by the same key is replaced.
pub(crate) async fn sign<T: Statement>(
    clients: &Clients,
    key: &str,
    statement: T,
    others: Vec<Signature>,
) -> Result<Signed<T>, SigningError> {
    let digest = signed::digest(&statement)?;
    let (key, signature) = clients.signatures().sign(key, &digest).await?;
    let mut signatures = others;
    signatures.retain(|other| other.key != key);
    signatures.push(Signature { key, signature: BASE64_STANDARD.encode(signature) });
    Ok(Signed { statement, signatures })
}

/// Writes the object where there was none, or over what was read.
pub(crate) async fn store<T: Statement>(
    evidence: &EvidenceBucket,
    key: &str,
    signed: &Signed<T>,
    over: Option<&StoredObject>,
) -> Result<(), SigningError> {
    let body = signed.to_json()?;
    let is_written = match over {
        None => matches!(evidence.create(key, body).await?, Creation::Created(_)),
        Some(old) => {
            matches!(evidence.replace(key, body, &old.etag).await?, Replacement::Replaced(_))
        }
    };
    if is_written { Ok(()) } else { Err(SigningError::Contended(key.to_owned())) }
}

/// The ARNs of the keys that signed.
pub(crate) fn keys<T>(signed: &Signed<T>) -> String {
    let keys: Vec<&str> = signed.signatures.iter().map(|one| one.key.as_str()).collect();
    keys.join(", ")
}

/// `2026-12-01` or `2026-12-01T12:00:00Z`.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    if text.contains('T') {
        return OffsetDateTime::parse(text, &Rfc3339);
    }
    let form = time::macros::format_description!("[year]-[month]-[day]");
    Ok(Date::parse(text, form)?.midnight().assume_utc())
}
