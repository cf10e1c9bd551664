//! Whether a signed statement counts: enough keys that the stack names have signed it.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    arn::CaArn,
    evidence::keys,
    failure::chain,
    hidden::hides,
    policy::Approval,
    ports::{EvidenceStore, PortError, Signatures},
    signed::{self, Signed, Signers, Standing, Statement},
};

/// Why a signed statement does not count.
#[derive(Debug, thiserror::Error)]
pub(in crate::jobs) enum Unproven {
    #[error("it is signed with {0}, which the stack does not name")]
    Foreign(String),
    #[error("the signature of {0} is not for what it says")]
    Invalid(String),
    #[error("the stack names no key whose signatures count")]
    NoKeys,
    #[error("it is signed with {key}, which was retired on {since}")]
    Retired { key: String, since: String },
    #[error("{signed} of the {needed} keys that are needed have signed it")]
    TooFew { signed: usize, needed: usize },
    #[error(
        "it is signed with {0}, and the stack does not say who may sign with it (ApproverKeyHolders)"
    )]
    WithoutHolder(String),
    /// A key is disabled or gone, or may not be used.
    #[error("{}", chain(.0))]
    Unusable(PortError),
    /// KMS cannot be asked; the next attempt may succeed.
    #[error("{}", chain(.0))]
    Unasked(PortError),
}

/// What keeps a fact from being known.
#[derive(Debug)]
pub(in crate::jobs) enum Gap {
    /// It is there, and cannot be used.
    Lasting(String),
    /// It could not be asked for: the next attempt may succeed.
    Passing(PortError),
}

impl From<PortError> for Gap {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Other { .. } | PortError::Throttled { .. } => Self::Passing(error),
            error => Self::Lasting(chain(&error)),
        }
    }
}

impl Gap {
    pub(in crate::jobs) fn of_signed(key: &str, error: Unproven) -> Self {
        match error {
            Unproven::Unasked(cause) => Self::Passing(cause),
            error => Self::Lasting(format!("{key}: {error}")),
        }
    }

    pub(in crate::jobs) fn in_words(self) -> String {
        match self {
            Self::Lasting(why) => why,
            Self::Passing(error) => chain(&error),
        }
    }
}

/// An approval that enough of the approvers' keys have signed.
pub(in crate::jobs) async fn approval(
    evidence: &dyn EvidenceStore,
    signatures: &dyn Signatures,
    approvers: &Signers,
    ca: &CaArn,
) -> Result<Option<Approval>, Gap> {
    let key = keys::approval(ca);
    let Some(entry) = evidence.read(&key).await? else { return Ok(None) };
    let signed = Approval::read(&entry.body, ca);
    let signed = signed.map_err(|error| Gap::Lasting(format!("{key}: {}", chain(&error))))?;
    let proven = prove(signatures, approvers, &signed).await;
    let signers = proven.map_err(|why| Gap::of_signed(&key, why))?;
    let approvers = approvers.required_principals(&signers);
    Ok(Some(Approval { signers, approvers, ..signed.statement }))
}

/// The keys that signed, if they are enough. One signature that does not count takes nothing from the
/// others.
pub(in crate::jobs) async fn prove<T: Statement>(
    signatures: &dyn Signatures,
    signers: &Signers,
    signed: &Signed<T>,
) -> Result<Vec<String>, Unproven> {
    if signers.are_none() {
        return Err(Unproven::NoKeys);
    }
    let digest = signed::digest(&signed.statement);
    let digest = digest.map_err(|error| Unproven::Invalid(error.to_string()))?;
    let (mut keys, mut first) = (Vec::new(), None);
    for signature in &signed.signatures {
        let key = &signature.key;
        if keys.contains(key) {
            continue;
        }
        match check(signatures, signers, key, &digest, &signature.signature).await {
            Ok(()) => keys.push(key.clone()),
            Err(why) => {
                first.get_or_insert(why);
            }
        }
    }
    let needed = signers.needed();
    match first {
        _ if keys.len() >= needed => Ok(keys),
        Some(why) => Err(why),
        None => Err(Unproven::TooFew { signed: keys.len(), needed }),
    }
}

async fn check(
    signatures: &dyn Signatures,
    signers: &Signers,
    key: &str,
    digest: &[u8; 32],
    signature: &str,
) -> Result<(), Unproven> {
    match signers.standing(key) {
        Standing::Counts => {}
        Standing::Foreign => return Err(Unproven::Foreign(shown(key))),
        Standing::WithoutHolder => return Err(Unproven::WithoutHolder(shown(key))),
        Standing::Retired(since) => {
            return Err(Unproven::Retired { key: shown(key), since: since.to_owned() });
        }
    }
    let invalid = || Unproven::Invalid(key.to_owned());
    let octets = BASE64_STANDARD.decode(signature).map_err(|_| invalid())?;
    match signatures.is_signed(key, digest, &octets).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(invalid()),
        Err(error) if error.is_lasting() => Err(Unproven::Unusable(error)),
        Err(error) => Err(Unproven::Unasked(error)),
    }
}

/// The text is of who wrote the object.
fn shown(key: &str) -> String {
    key.chars().filter(|letter| !hides(*letter)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{
        fakes::{self, FakeSignatures},
        signed::Signature,
    };

    #[derive(Clone, Serialize, Deserialize)]
    struct Note(String);

    impl Statement for Note {
        const KIND: &'static str = "note";
    }

    fn proof(signed: &Signed<Note>, signers: &Signers) -> Result<Vec<String>, String> {
        let signatures = FakeSignatures::default();
        fakes::run(prove(&signatures, signers, signed)).map_err(|why| why.to_string())
    }

    #[test]
    fn only_keys_that_the_stack_names_count_and_each_once() {
        let note = Note("text".to_owned());
        let signed = |keys: &[&str]| fakes::signed(note.clone(), keys);
        let two = Signers::read("a,b,c", "c@2026-11-01", 2);
        assert_eq!(proof(&signed(&["a", "b"]), &two).unwrap(), ["a", "b"]);
        assert_eq!(proof(&signed(&["x", "a", "b"]), &two).unwrap(), ["a", "b"]);
        for (keys, why) in [
            (&["a", "a"][..], "1 of the 2 keys that are needed have signed it"),
            (&["a", "x"], "it is signed with x, which the stack does not name"),
            (&["a", "c"], "it is signed with c, which was retired on 2026-11-01"),
        ] {
            assert_eq!(proof(&signed(keys), &two).unwrap_err(), why);
        }
        let none = Signers::read("", "", 1);
        assert!(proof(&signed(&["a"]), &none).unwrap_err().contains("no key"));
    }

    #[test]
    fn a_signature_of_something_else_does_not_count() {
        let one = Signers::read("a,b", "", 1);
        let good = fakes::signed(Note("text".to_owned()), &["a"]);
        let of_other = Signed { statement: Note("other".to_owned()), ..good.clone() };
        assert!(proof(&of_other, &one).unwrap_err().contains("not for what it says"));
        let claimed = Signature { key: "b".to_owned(), ..good.signatures[0].clone() };
        let of_other_key = Signed { signatures: vec![claimed], ..good.clone() };
        assert!(proof(&of_other_key, &one).unwrap_err().contains("not for what it says"));
        let garbage = Signature { key: "a".to_owned(), signature: "%".to_owned() };
        let garbage = Signed { signatures: vec![garbage], ..good };
        assert!(proof(&garbage, &one).unwrap_err().contains("not for what it says"));
    }
}
