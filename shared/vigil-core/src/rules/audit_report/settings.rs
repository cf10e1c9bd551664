//! What operators have written for audit-report cannot be used.

use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    finding::{Finding, Kind, Names, Observation, RuleInfo, Severity},
};

/// The settings cannot be used.
pub(crate) const SETTINGS: RuleInfo = RuleInfo {
    id: "audit-report.settings",
    holds: "settings/audit-report.json, if it is there, can be used.",
    cites: "docs/schemas/report-settings.json",
    kinds: &[UNUSABLE],
};

pub(crate) const UNUSABLE: Kind = Kind {
    id: "unusable",
    severity: Severity::Medium,
    title: "audit-report cannot use its settings in {region}, and applies the built-in ones",
    what_happened: "The object {key} of the evidence bucket cannot be used: {error}. Checked at {as_of}.",
    impact: "Limits, templates and accounts that were set do not apply. The rules judge by the built-in settings.",
    what_to_do: "Find out which principal wrote the object last, and write it anew. Its schema is \
                 docs/schemas/report-settings.json. List its versions:",
    first_command: "aws s3api list-object-versions --bucket EVIDENCE-BUCKET --prefix {key} --region {region}",
};

/// `None` for `error`: for the id only.
pub(crate) fn unusable(key: &str, of: &CaArn, error: Option<&str>, now: OffsetDateTime) -> Finding {
    let seen = Observation::new(UNUSABLE).with("key", key).with("error", error);
    let names = Names::new(key).of_ca(of, None);
    let (partition, region, account) = (of.partition(), of.region(), of.account());
    let resource = format!("arn:{partition}:acm-pca:{region}:{account}:certificate-authority/*");
    seen.discriminator("").finding(&SETTINGS, &names, &resource, now)
}

/// An acknowledgement of a finding does not count.
pub(crate) const ACKNOWLEDGEMENT: RuleInfo = RuleInfo {
    id: "audit-report.acknowledgement",
    holds: "Every acknowledgement of a finding is signed with a key that the stack names.",
    cites: "docs/decisions/0017-signed-and-sealed.md",
    kinds: &[REFUSED],
};

pub(crate) const REFUSED: Kind = Kind {
    id: "refused",
    severity: Severity::Medium,
    title: "An acknowledgement of a finding about {ca} does not count",
    what_happened: "The acknowledgement {key} of a finding about {ca} ({ca_id}) does not count: {error}. Checked at {as_of}.",
    impact: "The finding stays open.",
    what_to_do: "Find out which principal wrote the object: its versions have the times, and the trail's data events, if \
                 it logs those of the bucket, have the principals. Show the versions:",
    first_command: "aws s3api list-object-versions --bucket EVIDENCE-BUCKET --prefix {key} --region {region}\n\
                    If the finding may be acknowledged, an approver signs that anew, with the name in place of NAME and the \
                    reason in place of REASON:\n  \
                    vigil report ack {acknowledged} --by NAME --note REASON --key APPROVER-KEY --evidence-bucket EVIDENCE-BUCKET",
};

pub(crate) fn refused(
    finding: &Finding,
    key: &str,
    ca: &crate::ca::Ca,
    error: &str,
    now: OffsetDateTime,
) -> Finding {
    let seen = Observation::new(REFUSED)
        .with("acknowledged", finding.id.as_str())
        .with("key", key)
        .with("error", error)
        .about(&finding.id);
    let names = Names::new(key).of_ca(&ca.arn, ca.common_name.as_deref());
    seen.finding(&ACKNOWLEDGEMENT, &names, ca.arn.as_str(), now)
}
