//! A CA has issued certificates although its tag says that it is dormant.

use time::{Date, OffsetDateTime, macros::format_description};

use super::ReportedCa;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.dormant-ca",
        holds: "A CA with the tag vigil:dormant issues nothing from the day on that the tag has as its value.",
        cites: "AWS Private CA User Guide, Manage the CA lifecycle; AWS Private CA API Reference, TagCertificateAuthority",
        kinds: &[ISSUED],
    },
    check,
};

/// The key of the tag. Its value is a day, as 2026-03-01; with any other, since Vigil began to watch the CA.
const TAG: &str = "vigil:dormant";

const ISSUED: Kind = Kind {
    id: "issued",
    severity: Severity::High,
    title: "{ca} is meant to be dormant and has issued a certificate at {last}",
    what_happened: "{ca} ({ca_id}) has the tag vigil:dormant, and has been dormant since {since}. It has issued a certificate at \
                    {last}. As of the audit report of {as_of}.",
    impact: "A principal uses a CA that is not meant to be used, perhaps to have certificates that are not noticed.",
    what_to_do: "List what it has issued, and find out who asked for it:",
    first_command: concat!(
        "vigil certificates --ca {arn} --issued-within 90d --report-bucket REPORT-BUCKET\n\
         If it is not in use, disable the CA:\n  \
         aws acm-pca update-certificate-authority --certificate-authority-arn {arn} --region {region} --status DISABLED\n\
         If it was meant, end this finding",
        acknowledge!()
    ),
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let tags = of.tags.as_ref().map_err(NotJudged::unknown)?;
    let Some(value) = tags.get(TAG) else {
        return Err(NotJudged::not_applicable("the CA has no tag vigil:dormant"));
    };
    let summary = of.summary()?;
    let Some(since) = day(value.as_deref()).or(of.watched_since) else {
        return Err(NotJudged::unknown("the tag vigil:dormant has no day as its value"));
    };
    let Some(last) = summary.last_issued_at.filter(|last| *last >= since) else {
        return Ok(Vec::new());
    };
    let seen = Observation::new(ISSUED)
        .with("since", rfc3339(since))
        .with("last", rfc3339(last))
        .about(&rfc3339(last));
    Ok(vec![seen])
}

fn day(value: Option<&str>) -> Option<OffsetDateTime> {
    let form = format_description!("[year]-[month]-[day]");
    Some(Date::parse(value?, form).ok()?.midnight().assume_utc())
}
