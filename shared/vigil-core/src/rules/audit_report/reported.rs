//! The rules that are put to a CA and what its newest audit report says.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use super::Thresholds;
use crate::{
    audit_report::Summary,
    ca::Ca,
    finding::Names,
    instant::rfc3339,
    rules::{NotJudged, Rule, Subject},
};

/// How a finding is ended that stays true: the last thing that is done about it, so the end of its commands.
macro_rules! acknowledge {
    () => {
        ", with your name in place of NAME and the reason in place of REASON:\n  vigil report ack {finding_id} --by NAME \
         --note REASON --key APPROVER-KEY --evidence-bucket EVIDENCE-BUCKET"
    };
}

mod burst;
mod ca_compromise;
mod ca_end;
mod dormant;
mod issuance_limit;
mod key_compromise;
mod new_account;
mod quota;
mod successor;
mod template;
mod unknown_subordinate;
mod unrevocable;
mod validity;

/// The worst first.
pub(crate) const RULES: &[Rule<ReportedCa>] = &[
    ca_compromise::RULE,
    unknown_subordinate::RULE,
    dormant::RULE,
    key_compromise::RULE,
    burst::RULE,
    ca_end::RULE,
    issuance_limit::RULE,
    successor::RULE,
    new_account::RULE,
    unrevocable::RULE,
    quota::RULE,
    validity::RULE,
    template::RULE,
];

/// Rules whose findings stay true for as long as reports have the certificates. Such a finding ends when
/// it is acknowledged.
pub(crate) const ACKNOWLEDGED: [&str; 7] = [
    "audit-report.ca-compromise",
    "audit-report.dormant-ca",
    "audit-report.key-compromise",
    "audit-report.new-account",
    "audit-report.revocation-burst",
    "audit-report.template",
    "audit-report.unknown-subordinate",
];

/// Why no rule about what came since is judged at first.
pub(crate) const NOT_WATCHED: &str = "since when Vigil has watched the CA is not known";

/// A CA, and what is known of its certificates.
#[derive(Clone, Debug)]
pub(crate) struct ReportedCa {
    pub(crate) ca: Ca,
    /// The id of the newest report, and its summary; or why there is none.
    pub(crate) report: Result<(String, Box<Summary>), String>,
    /// The CA's tags, or why they are not known.
    pub(crate) tags: Result<BTreeMap<String, Option<String>>, String>,
    /// The serial numbers of the certificates of every CA that Vigil has ever listed, by [`serial`]; or
    /// why they are not known.
    pub(crate) authorities: Result<BTreeSet<String>, String>,
    /// Since when Vigil requests reports of the CA.
    pub(crate) watched_since: Option<OffsetDateTime>,
    pub(crate) thresholds: Thresholds,
    pub(crate) now: OffsetDateTime,
}

impl Subject for ReportedCa {
    fn names(&self) -> Names {
        let report = self.report.as_ref().map_or("none", |(id, _)| id.as_str());
        let names = Names::new(format!("audit report {report}"))
            .of_ca(&self.ca.arn, self.ca.common_name.as_deref())
            .with("report", report);
        match &self.report {
            Ok((_, summary)) => names.with("as_of", rfc3339(summary.as_of)),
            Err(_) => names,
        }
    }
}

impl ReportedCa {
    fn summary(&self) -> Result<&Summary, NotJudged> {
        match &self.report {
            Ok((_, summary)) => Ok(summary),
            Err(why) => Err(NotJudged::unknown(why)),
        }
    }
}

/// A serial number in one form, whether ACM PCA writes it in decimal, as for CAs, or in hexadecimal with
/// colons, as in reports: hexadecimal without leading zeros.
pub(crate) fn serial(text: &str) -> String {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { reported_serial(&hexadecimal(text)) } else { reported_serial(text) }
}

/// The same of a serial number that a report has: in hexadecimal, also where it has no letter.
fn reported_serial(text: &str) -> String {
    let hex = text.replace(':', "");
    hex.trim_start_matches('0').to_ascii_lowercase()
}

/// A decimal number of any length in hexadecimal.
fn hexadecimal(decimal: &str) -> String {
    // The lowest digit of base 16 first.
    let mut digits: Vec<u8> = Vec::new();
    for digit in decimal.bytes() {
        let mut carry = u32::from(digit - b'0');
        for place in &mut digits {
            let value = u32::from(*place) * 10 + carry;
            *place = (value % 16) as u8;
            carry = value / 16;
        }
        while carry > 0 {
            digits.push((carry % 16) as u8);
            carry /= 16;
        }
    }
    let shown = digits.iter().rev().filter_map(|digit| char::from_digit((*digit).into(), 16));
    shown.collect()
}

#[cfg(test)]
mod tests;
