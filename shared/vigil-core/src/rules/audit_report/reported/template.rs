//! The CA has used a template that is not on its list.

use iam_policy::wildcard::Wildcard;

use super::ReportedCa;
use crate::{
    ca::CaType,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.template",
        holds: "The CA uses only templates of the settings; without a list, none for code signing and OCSP signing, none \
                for subordinate CAs unless it is a root, and none that takes over extensions of a request.",
        cites: "AWS Private CA User Guide, Understanding certificate templates",
        kinds: &[UNLISTED, PASSTHROUGH, UNUSUAL],
    },
    check,
};

const UNLISTED: Kind = Kind {
    id: "unlisted",
    severity: Severity::Medium,
    title: "{ca} issued {certificates} with unlisted template {template}",
    what_happened: "{ca} ({ca_id}) issued {certificates} with template {template}, which the settings do not \
                    list, the first at {first_issued_at}. As of the audit report of {as_of}.",
    impact: "Certificates can be used for what {ca} is not meant for.",
    what_to_do: "Find out whether the template is meant. CloudTrail records who asked for it:",
    first_command: concat!(
        "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=IssueCertificate\nIf it is meant, add the template to the settings. To accept what there is alone, end this finding",
        acknowledge!()
    ),
};

const PASSTHROUGH: Kind = Kind {
    id: "passthrough",
    title: "{ca} issued {certificates} with template {template}",
    what_happened: "{ca} ({ca_id}) issued {certificates} with template {template}, the first at \
                    {first_issued_at}: extensions of the request are in the certificate. As of the audit report of {as_of}.",
    impact: "The requester decides what the certificate may be used for.",
    ..UNLISTED
};

const UNUSUAL: Kind = Kind {
    id: "unusual",
    severity: Severity::Low,
    title: "{ca} issued {certificates} with template {template}",
    what_happened: "{ca} ({ca_id}) issued {certificates} with template {template}, the first at \
                    {first_issued_at}. As of the audit report of {as_of}.",
    impact: "Such certificates sign code, OCSP responses or other certificates.",
    ..UNLISTED
};

const UNUSUAL_NAMES: [&str; 2] = ["CodeSigningCertificate*", "OCSPSigningCertificate*"];
/// What a root is for: `audit-report.unknown-subordinate` watches it.
const SUBORDINATE_NAMES: [&str; 2] =
    ["SubordinateCACertificate*", "BlankSubordinateCACertificate*"];
/// Also `…_APICSRPassthrough`.
const PASSTHROUGH_NAME: &str = "*CSRPassthrough*";

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    let is_root = of.ca.ca_type == CaType::Root;
    let is_one_of = |names: &[&str], name: &str| names.iter().any(|pattern| fits(pattern, name));
    let mut found = Vec::new();
    for (arn, count) in summary.by_template.iter() {
        let Some((_, name)) = arn.split_once(":template/") else { continue };
        let kind = match &of.thresholds.templates {
            Some(listed) if listed.iter().any(|pattern| fits(pattern, name)) => continue,
            Some(_) => UNLISTED,
            None if fits(PASSTHROUGH_NAME, name) => PASSTHROUGH,
            None if is_one_of(&UNUSUAL_NAMES, name) => UNUSUAL,
            None if !is_root && is_one_of(&SUBORDINATE_NAMES, name) => UNUSUAL,
            None => continue,
        };
        let first = summary.first_issued_by_template.of(arn).map(crate::instant::rfc3339);
        let certificates = match count {
            1 => "1 certificate".to_owned(),
            count => format!("{count} certificates"),
        };
        let seen = Observation::new(kind)
            .name("certificates", certificates)
            .with("template", name)
            .with("count", count)
            .with("first_issued_at", first)
            .discriminator(name);
        found.push(seen);
    }
    if found.is_empty() && summary.by_template.is_cut() {
        return Err(NotJudged::unknown("the summary does not have the names of all templates"));
    }
    Ok(found)
}

fn fits(pattern: &str, name: &str) -> bool {
    Wildcard::iam(pattern).fits(name)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, want) in [
            ("EndEntityCertificate/V1", "EndEntityCertificate/V1", true),
            ("EndEntityCertificate/V1", "EndEntityCertificate/V10", false),
            ("SubordinateCACertificate*", "SubordinateCACertificate_PathLen0/V1", true),
            ("*CSRPassthrough*", "EndEntityCertificate_APICSRPassthrough/V1", true),
            ("*CSRPassthrough*", "EndEntityCertificate_APIPassthrough/V1", false),
            ("*/V1", "a/V1", true),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), want, "{pattern} {name}");
        }
    }
}
