//! An account has requested certificates for the first time since Vigil began to watch the CA.

use super::{NOT_WATCHED, ReportedCa};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.new-account",
        holds: "Only accounts request certificates that did before Vigil watched the CA, or that the settings name.",
        cites: "AWS Private CA User Guide, Use audit reports (awsAccountId); Attach a policy for cross-account access",
        kinds: &[NEW],
    },
    check,
};

const NEW: Kind = Kind {
    id: "new",
    severity: Severity::Medium,
    title: "Account {requester} has requested its first certificates of {ca}",
    what_happened: "Account {requester} requested {count} certificate(s) of {ca} ({ca_id}), the first at {first_issued_at}. As of \
                    the audit report of {as_of}.",
    impact: "Principals of another account get certificates that relying parties of {ca} accept.",
    what_to_do: "Find out whether the account is meant. Show which accounts may use the CA:",
    first_command: concat!(
        "aws acm-pca get-policy --resource-arn {arn} --region {region} --output text\n\
         If it is not meant, remove it from the policy or the RAM share. If it is, add it to `accounts` of the settings, or \
         end this finding",
        acknowledge!()
    ),
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    let Some(since) = of.watched_since else {
        return Err(NotJudged::unknown(NOT_WATCHED));
    };
    let accounts = summary.first_issued_by_account.iter();
    let is_known = |account: &str| {
        account == of.ca.arn.account()
            || of.thresholds.accounts.iter().any(|known| known == account)
    };
    let new = accounts.filter(|(account, first)| *first > since && !is_known(account));
    let found = new.map(|(account, first)| {
        Observation::new(NEW)
            .with("requester", account)
            .with("count", summary.by_account.of(account))
            .with("first_issued_at", rfc3339(first))
            .discriminator(account)
    });
    let found: Vec<Observation> = found.collect();
    if found.is_empty() && summary.by_account.is_cut() {
        return Err(NotJudged::unknown("the summary does not have the names of all accounts"));
    }
    Ok(found)
}
