//! The rules for how a CA is configured to tell of revocations.

use super::{Rule, Verdict};
use crate::ca::{Ca, CrlConfiguration, UsageMode};

mod distribution_point;
mod expiration_in_days;
mod revocation;

#[cfg(test)]
mod tests;

pub const RULES: &[Rule<Ca>] =
    &[revocation::RULE, distribution_point::RULE, expiration_in_days::RULE];

/// The CRL's configuration while it is enabled, or what a rule about it says without it.
fn enabled(ca: &Ca) -> Result<&CrlConfiguration, Verdict> {
    let enabled = ca.crl.as_ref().filter(|crl| crl.enabled);
    enabled.ok_or_else(|| Verdict::not_applicable("it has no CRL enabled"))
}

/// Certificates of at most seven days are meant to expire, not to be revoked (AWS Private CA User
/// Guide, Certificate authority modes).
fn short_lived(ca: &Ca) -> bool {
    ca.usage_mode == Some(UsageMode::ShortLivedCertificate)
}

/// The command that changes it, up to the JSON.
fn update(ca: &Ca) -> String {
    format!(
        "aws acm-pca update-certificate-authority --certificate-authority-arn {arn} --region \
         {region} --revocation-configuration",
        arn = ca.arn,
        region = ca.arn.region()
    )
}
