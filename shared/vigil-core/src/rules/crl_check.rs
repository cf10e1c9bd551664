//! What `vigil crl check --format json` says, as types: `docs/schemas/crl-check.json` is made of them.

use serde::Serialize;

use super::RuleJudgement;

/// One CRL, or several, or why none was checked.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "CrlCheck"))]
#[serde(untagged)]
pub enum CrlCheck {
    /// What one argument named is one object.
    One(Box<CheckedCrl>),
    /// Several CRLs are in a list.
    Several {
        /// `incomplete` if one of them could not be read; else the worst of theirs.
        result: Answer,
        /// In the order of the arguments.
        crls: Vec<CheckedCrl>,
    },
    /// A file of `--issuer`, `--previous` or `--report` could not be read: no CRL was checked.
    Failed {
        /// `incomplete`.
        result: Answer,
        /// Which file, and why.
        error: String,
    },
}

/// Whether a CRL is clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing was found, the signature was verified, and what was given to compare with was compared.
    Clean,
    /// There are findings of the severity that `--fail-on` names, or above.
    Findings,
    /// It could not be read; or nothing was found, and the signature was not verified, or what was given
    /// could not be compared: the CRL is not known to be clean.
    Incomplete,
}

impl Answer {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
        }
    }
}

/// One CRL with every rule's verdict.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckedCrl {
    /// The path, the URL, or `-`; of several CRLs in one file, with `#` and a number.
    pub file: String,
    /// The files of `--issuer`.
    pub issuer: Option<Issuers>,
    /// The time by which it was judged.
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: String,
    /// `acm-pca`, `rfc5280` or `cabf`.
    pub profile: String,
    /// The answer in one word.
    pub result: Answer,
    /// `null` if it could not be read as a CRL.
    pub crl: Option<CheckedFacts>,
    /// What was not checked.
    pub not_checked: Vec<NotChecked>,
    /// Findings that `--ignore` left out.
    pub ignored: Vec<NotChecked>,
    /// Every rule, also those that do not apply.
    pub judgements: Vec<RuleJudgement>,
}

/// One file of certificates, or several.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Issuers {
    /// A path.
    One(String),
    /// Paths.
    Several(Vec<String>),
}

/// A rule, and why it says nothing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotChecked {
    /// The rule's id.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// What the CRL says of itself.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckedFacts {
    /// The issuer's name, as text.
    pub issuer: String,
    /// Bytes, with those behind the CRL.
    pub size: u64,
    /// How many entries there are.
    pub entries: u64,
    /// The algorithm that is named in what is signed.
    pub signature_algorithm: String,
    /// thisUpdate; `null` if it cannot be read.
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub this_update: Option<String>,
    /// nextUpdate; `null` if it is absent or cannot be read.
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub next_update: Option<String>,
    /// CRLNumber in hexadecimal, at most 64 octets of it.
    pub number: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<CrlCheck>("crl-check");
    }
}
