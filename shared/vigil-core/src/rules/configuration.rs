//! The rules for how a CA is configured to publish revocations.

use super::{NotJudged, Rule, Subject};
use crate::{
    ca::{Ca, CrlConfiguration, UsageMode},
    finding::Names,
};

mod distribution_point;
mod expiration_in_days;
mod revocation;

#[cfg(test)]
mod tests;

/// In the order in which an operator would look.
pub const RULES: &[Rule<Ca>] =
    &[revocation::RULE, distribution_point::RULE, expiration_in_days::RULE];

/// The CRL's configuration while it is enabled, or what a rule about it says without it.
fn enabled(ca: &Ca) -> Result<&CrlConfiguration, NotJudged> {
    let enabled = ca.crl.as_ref().filter(|crl| crl.enabled);
    enabled.ok_or_else(|| NotJudged::not_applicable("the CA has no CRL enabled"))
}

/// Certificates of at most seven days are meant to expire, not to be revoked (AWS Private CA User
/// Guide, Certificate authority modes).
fn short_lived(ca: &Ca) -> bool {
    ca.usage_mode == Some(UsageMode::ShortLivedCertificate)
}

impl Subject for Ca {
    fn names(&self) -> Names {
        Names::new(self.arn.as_str()).of_ca(&self.arn, self.common_name.as_deref())
    }
}
