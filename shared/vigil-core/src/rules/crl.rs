//! The rules for one CRL of one CA.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{NotJudged, Rule, Subject};
use crate::{
    ca::Ca,
    certificate::Certificate,
    crl::{
        CrlError, CrlFacts, FaultKind,
        comparison::{BACKDATED, Coverage, Difference},
    },
    distribution::ObjectMetadata,
    finding::{Kind, Names, Observation},
    signature::SignatureError,
};

/// What to do about an object that ACM PCA cannot have written, before [`LIST_VERSIONS`].
macro_rules! restore_version {
    () => {
        "Find out who wrote {object}: the trail's data events show it, if it logs those of this bucket. \
         Let only ACM PCA write to the bucket. List the versions, with the time of each:"
    };
}

mod algorithms;
mod authority_key_identifier;
mod completeness;
mod criticality;
mod crl_number;
mod delta;
mod distribution_points;
mod early_removal;
mod encoding;
mod entry_dates;
mod generation;
mod issuer_certificate;
mod issuer_name;
mod issuing_distribution_point;
mod location;
mod never_issued;
mod next_update;
mod object_metadata;
mod object_present;
mod overdue_refresh;
mod parses;
mod profile;
mod reasons;
mod references;
mod rewritten;
mod scanned;
mod serials;
mod signature;
mod size;
mod this_update;
mod unknown_critical_extension;
mod uris;
mod validity;
mod version;
mod writer;

pub use location::{CrlLocation, TextForm};
pub use profile::Profile;
pub use references::References;
pub use scanned::ScannedCertificates;

#[cfg(test)]
mod tests;

/// In the order in which a person would look.
pub const RULES: &[Rule<CrlSubject>] = &[
    object_present::RULE,
    writer::RULE,
    generation::RULE,
    parses::RULE,
    encoding::RULE,
    object_metadata::RULE,
    version::RULE,
    signature::RULE,
    issuer_certificate::RULE,
    algorithms::RULE,
    issuer_name::RULE,
    authority_key_identifier::RULE,
    this_update::RULE,
    next_update::RULE,
    overdue_refresh::RULE,
    validity::RULE,
    crl_number::RULE,
    issuing_distribution_point::RULE,
    distribution_points::RULE,
    delta::RULE,
    criticality::RULE,
    unknown_critical_extension::RULE,
    uris::RULE,
    size::RULE,
    serials::RULE,
    entry_dates::RULE,
    reasons::RULE,
    completeness::RULE,
    never_issued::RULE,
    early_removal::RULE,
    rewritten::RULE,
];

/// For findings about a CRL that ACM PCA cannot have made.
const RESTORE_VERSION: &str = restore_version!();
/// S3 gives a copy no ACL of its source.
const LIST_VERSIONS: &str = "aws s3api list-object-versions --bucket {bucket} --prefix {key}\n\
     Restore the last version that ACM PCA wrote, with its VersionId in place of VERSION. A copy is private: add \
     --acl public-read if the CA's S3ObjectAcl is PUBLIC_READ:\n  \
     aws s3api copy-object --bucket {bucket} --key {key} --copy-source {bucket}/{key}'?versionId=VERSION'\n\
     Vigil reports the copy as LOW until ACM PCA writes the next CRL. To have that one about 30 minutes later, \
     issue a test certificate and revoke it.";
/// Gets the CA's certificate, in PEM.
macro_rules! get_certificate {
    () => {
        "aws acm-pca get-certificate-authority-certificate --certificate-authority-arn {arn} --region {region} \
         --query Certificate --output text"
    };
}
/// What a CRL without a known CA has something else for.
const GET_CERTIFICATE: &str = get_certificate!();
const SHOW_CERTIFICATE: &str = concat!(get_certificate!(), " | openssl x509 -noout -text");
const PARSE_CERTIFICATE: &str = concat!(get_certificate!(), " | openssl asn1parse");
const VERIFY: &str = concat!(
    "aws s3 cp s3://{bucket}/{key} - | openssl crl -inform DER -noout -CAfile <(",
    get_certificate!(),
    ")"
);
const SHOW_CRL: &str = "aws s3 cp s3://{bucket}/{key} - | openssl crl -inform DER -noout -text";
/// For a CRL that ACM PCA should have renewed.
const LET_ACM_PCA_WRITE: &str = "Check that the policy of bucket {bucket} lets ACM PCA write. After a failed write, \
                                 ACM PCA retries every 15 minutes. Otherwise it writes the next CRL at half of the \
                                 validity. To have it about 30 minutes later, issue a test certificate and revoke \
                                 it. Show the policy:";
const SHOW_POLICY: &str =
    "aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text";
/// For a CRL that relying parties cannot rely on.
const NOT_USABLE: &str = "Relying parties that check strictly reject this CRL. They then either \
                          refuse every certificate of {ca} or skip the revocation check.";
/// For a CRL that works but is not one that its CA makes.
const NOT_ACM_PCA: &str = "{maker} does not make such CRLs, so another party may have written this \
                           one. It may hide revocations by {ca}.";

/// One CRL with everything that it is judged by.
#[derive(Clone, Debug)]
pub struct CrlSubject {
    /// The CA as the service describes it; `None` for a CRL in a file.
    pub ca: Option<Ca>,
    /// Where the CRL was found.
    pub location: CrlLocation,
    /// By whose rules it is judged.
    pub profile: Profile,
    /// What was found there.
    pub crl: CrlState,
    /// The CA's certificate; or why it is not known.
    pub issuer: Result<Certificate, String>,
    /// What earlier runs saw.
    pub history: CrlHistory,
    /// What an audit report shows; or why none was read.
    pub report: Result<Coverage, String>,
    /// What the version before listed; or why it was not read.
    pub previous: Result<Difference, String>,
    /// Where certificates say that the CRL is; or why that is not known.
    pub named: Result<Named, String>,
    /// Whether any certificate names the CRL.
    pub references: References,
    /// What S3 serves the object with; `None` for a CRL that is in no bucket, and while it is not known.
    pub metadata: Option<ObjectMetadata>,
    /// When it is judged.
    pub as_of: OffsetDateTime,
}

/// Where certificates say that the CRL is, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// What the certificates that were read name, and until when one that names it is valid.
    pub points: BTreeMap<String, OffsetDateTime>,
    /// All URLs of the CRL, or of its parts, that could be read.
    pub places: BTreeSet<String>,
    /// `None` if it is not known: earlier versions read only some of them.
    pub scanned: Option<ScannedCertificates>,
}

/// What was found where the CRL should be.
#[derive(Clone, Debug)]
pub enum CrlState {
    /// Nothing is there.
    Missing,
    /// It was not read; why.
    NotChecked(String),
    /// A CRL.
    Read {
        /// What it says.
        facts: Box<CrlFacts>,
        /// Not known while the CA's certificate is not.
        signature: Option<Result<(), SignatureError>>,
    },
    /// An object that is not read.
    TooLarge {
        /// Bytes that are read at most.
        limit: u64,
    },
    /// An object that is not a CRL.
    Unreadable(CrlError),
}

/// What earlier runs, and ACM PCA's events, say of this CA's CRL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlHistory {
    /// When the object was last seen, or the service last said that it had written it.
    #[serde(default, with = "crate::instant::text::option")]
    pub seen_at: Option<OffsetDateTime>,
    /// The highest CRLNumber ever seen under a good signature.
    #[serde(default, with = "hex_octets")]
    pub number: Option<Vec<u8>>,
    /// The digest of what is signed of the CRL with that number.
    #[serde(default, with = "hex_octets", skip_serializing_if = "Option::is_none")]
    pub digest: Option<Vec<u8>>,
    /// For how long the version before was valid. In the bucket, the CA's configuration says that.
    #[serde(skip)]
    pub validity: Option<Duration>,
    /// Since when the oldest certificate of the CA's key that is known was valid. Beside a CRL in a file,
    /// older certificates may be given.
    #[serde(skip)]
    pub key_since: Option<OffsetDateTime>,
    /// The latest thisUpdate ever seen under a good signature.
    #[serde(default, with = "crate::instant::text::option")]
    pub this_update: Option<OffsetDateTime>,
    /// The last failure to write the CRL, until it is written again.
    #[serde(default)]
    pub failure: Option<GenerationFailure>,
    /// When the service last said, or S3 of it, that it had written the object.
    #[serde(default, with = "crate::instant::text::option")]
    pub written_at: Option<OffsetDateTime>,
    /// The last write that was not the service's, until the service has written again.
    #[serde(default)]
    pub foreign_write: Option<ForeignWrite>,
}

/// A principal other than ACM PCA has written the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignWrite {
    /// When.
    #[serde(with = "crate::instant::text")]
    pub at: OffsetDateTime,
    /// As S3 names the requester: an account's id or a service principal.
    pub by: String,
}

/// "ACM Private CA CRL Generation" with result `failure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationFailure {
    /// When.
    #[serde(with = "crate::instant::text")]
    pub at: OffsetDateTime,
    /// AWS's words.
    pub reason: Option<String>,
}

impl CrlHistory {
    /// Whether a higher CRLNumber than this CRL's was seen before.
    fn is_after(&self, facts: &CrlFacts) -> bool {
        match (&self.number, &facts.number) {
            (Some(before), Some(number)) => (number.len(), number) < (before.len(), before),
            (None, _) | (_, None) => false,
        }
    }
}

impl ForeignWrite {
    /// Whether what was found is a CRL of the CA that was made after it: the service has written since,
    /// and the event of that is late or lost.
    pub fn is_overcome_by(&self, crl: &CrlState) -> bool {
        let CrlState::Read { facts, signature: Some(Ok(())) } = crl else { return false };
        facts.this_update.is_some_and(|this_update| this_update + BACKDATED > self.at)
    }
}

impl GenerationFailure {
    /// Whether what was found in the CRL's place is newer than the failure.
    pub fn is_overcome_by(&self, crl: &CrlState) -> bool {
        generation::is_overcome(self, crl)
    }
}

impl CrlSubject {
    /// The facts of the CRL, or what a rule about them says without it.
    fn facts(&self) -> Result<&CrlFacts, NotJudged> {
        let reason = match &self.crl {
            CrlState::Missing => "there is no CRL object to judge",
            CrlState::NotChecked(reason) => return Err(NotJudged::unknown(reason)),
            CrlState::Read { facts, .. } => return Ok(facts),
            CrlState::TooLarge { .. } => "the object is too large to be read",
            CrlState::Unreadable(_) => "the object cannot be read as a CRL",
        };
        Err(NotJudged::not_applicable(reason))
    }

    fn issuer(&self) -> Result<&Certificate, NotJudged> {
        self.issuer.as_ref().map_err(|reason| {
            NotJudged::unknown(format!("the CA's certificate is not known: {reason}"))
        })
    }

    fn report(&self) -> Result<&Coverage, NotJudged> {
        self.report.as_ref().map_err(NotJudged::unknown)
    }

    /// Whether the report is this CA's: a file does not say whose it is, but by its serials.
    fn has_own_report(&self, report: &Coverage) -> Result<(), NotJudged> {
        if self.ca.is_some() {
            return Ok(());
        }
        if !report.has_records {
            return Err(NotJudged::unknown("the audit report has no record that can be read"));
        }
        let entries = &self.facts()?.entries;
        if report.met == 0 && entries.count > entries.indirect {
            let reason = "the audit report has no record of any entry: it may be another CA's";
            return Err(NotJudged::unknown(reason));
        }
        Ok(())
    }
}

impl Subject for CrlSubject {
    fn names(&self) -> Names {
        let (maker, writer) = match self.profile {
            Profile::AcmPca => ("ACM PCA", "ACM PCA"),
            Profile::Rfc5280 | Profile::Cabf => ("A sound CA", "the CA"),
        };
        let names = self.location.names().with("maker", maker).with("writer", writer);
        match &self.ca {
            Some(ca) => names.of_ca(&ca.arn, ca.common_name.as_deref()),
            None => names.with("ca", "this CA").instead(GET_CERTIFICATE, "cat ISSUER.pem"),
        }
    }
}

/// One observation of all the faults of a kind, if there are any.
fn of_fault(facts: &CrlFacts, kind: Kind, fault: FaultKind) -> Option<Observation> {
    let parts: Vec<String> = facts
        .faults
        .iter()
        .filter(|seen| seen.kind == fault)
        .map(|seen| match seen.count {
            1 => seen.part.to_owned(),
            count => format!("{} ({count} times)", seen.part),
        })
        .collect();
    (!parts.is_empty()).then(|| Observation::new(kind).with("parts", parts))
}

/// `1 entry`, `2 entries`.
fn counted<N: Display + From<u8> + PartialEq>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// For evidence: identifiers and numbers as they are usually compared. Their length is up to the
/// writer of the CRL, and a finding must fit an event.
fn hex(octets: &[u8]) -> String {
    const SHOWN: usize = 256;
    let shown = hex::encode(&octets[..octets.len().min(SHOWN)]);
    if octets.len() > SHOWN { format!("{shown}... ({} octets)", octets.len()) } else { shown }
}

/// A CRLNumber in JSON: more than a number of JSON can hold.
mod hex_octets {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        octets: &Option<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        octets.as_deref().map(hex::encode).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(hex::decode).transpose().map_err(D::Error::custom)
    }
}
