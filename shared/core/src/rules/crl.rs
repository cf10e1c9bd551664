//! The rules for one CRL of one CA.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Rule, Verdict};
use crate::{
    ca::Ca,
    certificate::Certificate,
    crl::{CrlError, CrlFacts},
    signature::SignatureError,
};

mod algorithms;
mod authority_key_identifier;
mod crl_number;
mod delta;
mod generation;
mod issuer_name;
mod issuing_distribution_point;
mod next_update;
mod object_present;
mod overdue_refresh;
mod parses;
mod reasons;
mod serials;
mod signature;
mod this_update;
mod unknown_critical_extension;
mod version;

#[cfg(test)]
mod tests;

/// In the order in which a person would look.
pub const RULES: &[Rule<CrlSubject>] = &[
    object_present::RULE,
    generation::RULE,
    parses::RULE,
    version::RULE,
    signature::RULE,
    algorithms::RULE,
    issuer_name::RULE,
    authority_key_identifier::RULE,
    this_update::RULE,
    next_update::RULE,
    overdue_refresh::RULE,
    crl_number::RULE,
    issuing_distribution_point::RULE,
    delta::RULE,
    unknown_critical_extension::RULE,
    serials::RULE,
    reasons::RULE,
];

/// One CA's CRL with everything that it is judged by.
#[derive(Clone, Debug)]
pub struct CrlSubject {
    pub ca: Ca,
    pub bucket: String,
    pub key: String,
    pub crl: CrlState,
    /// The CA's certificate; or why it is not known.
    pub issuer: Result<Certificate, String>,
    /// What earlier runs saw.
    pub history: CrlHistory,
    pub as_of: OffsetDateTime,
}

/// What was found where the CRL should be.
#[derive(Clone, Debug)]
pub enum CrlState {
    Missing,
    /// It was not looked at; why.
    NotChecked(String),
    Read {
        facts: Box<CrlFacts>,
        /// Not known while the CA's certificate is not.
        signature: Option<Result<(), SignatureError>>,
        /// When S3 took the object.
        last_modified: Option<OffsetDateTime>,
    },
    TooLarge {
        limit: u64,
    },
    Unreadable(CrlError),
}

/// What earlier runs, and the service's events, told of this CA's CRL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlHistory {
    /// When the object was last seen, or the service last said that it had written it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub seen_at: Option<OffsetDateTime>,
    /// The highest CRLNumber ever seen under a good signature.
    #[serde(default, with = "hex_octets")]
    pub number: Option<Vec<u8>>,
    #[serde(default)]
    pub failure: Option<GenerationFailure>,
}

/// "ACM Private CA CRL Generation" with result `failure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationFailure {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// AWS's words.
    pub reason: Option<String>,
}

impl GenerationFailure {
    /// Whether what was found in the CRL's place is newer than the failure.
    pub fn is_overcome_by(&self, crl: &CrlState) -> bool {
        generation::is_overcome(self, crl)
    }
}

impl CrlSubject {
    /// The facts of the CRL, or what a rule about them says without it.
    fn facts(&self) -> Result<&CrlFacts, Verdict> {
        let reason = match &self.crl {
            CrlState::Missing => "there is no CRL object to judge",
            CrlState::NotChecked(reason) => reason,
            CrlState::Read { facts, .. } => return Ok(facts),
            CrlState::TooLarge { .. } => "the object is too large to be read",
            CrlState::Unreadable(_) => "the object cannot be read as a CRL",
        };
        Err(Verdict::not_applicable(reason))
    }

    fn issuer(&self) -> Result<&Certificate, Verdict> {
        self.issuer.as_ref().map_err(|reason| {
            Verdict::not_applicable(format!("the CA's certificate is not known: {reason}"))
        })
    }

    /// How to fetch the object and look at it.
    fn look(&self) -> String {
        format!(
            "aws s3 cp s3://{}/{} - | openssl crl -inform DER -noout -text",
            self.bucket, self.key
        )
    }

    /// What makes the service write the CRL anew: nothing but time and a bucket that it may use.
    fn republish(&self) -> String {
        format!(
            "The service writes the CRL again by itself, and retries every 15 minutes if it \
             cannot. Check that it may write to the bucket: aws s3api get-bucket-policy --bucket \
             {bucket}; aws acm-pca describe-certificate-authority --certificate-authority-arn {arn}",
            bucket = self.bucket,
            arn = self.ca.arn,
        )
    }

    /// What to do about an object that the service cannot have written.
    fn suspect(&self) -> String {
        format!(
            "Find out who wrote it: aws s3api list-object-versions --bucket {bucket} --prefix \
             {key}, and the bucket's CloudTrail data events. Look at it: {look}. Restore the last \
             version that the service wrote, and take write access to the bucket from everybody \
             but the service.",
            bucket = self.bucket,
            key = self.key,
            look = self.look(),
        )
    }
}

/// For evidence: identifiers and numbers as people compare them.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A CRLNumber in JSON: more than a number of JSON can hold.
mod hex_octets {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        octets: &Option<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        octets.as_deref().map(super::hex).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let octet = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let octets: Option<Vec<u8>> = text.as_bytes().chunks(2).map(octet).collect();
        octets.map(Some).ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}
