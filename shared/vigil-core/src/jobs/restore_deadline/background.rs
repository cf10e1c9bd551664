//! What an alert says of a deletion besides its end: the impact, who deleted the CA, and why it is
//! still DELETED.

use time::OffsetDateTime;

use super::end_permit::EndPermit;
use crate::{
    arn::CaArn,
    instant::rfc3339,
    jobs::{
        Impact,
        case::{Act, Case, CaseState, reactivation::OBSERVES},
        impact,
    },
    policy::Verdict,
    ports::EvidenceStore,
};

pub(super) struct Background {
    pub(super) impact: Impact,
    /// As far as its record says; absent where there is none, or none that holds together.
    pub(super) deletion: Option<Account>,
    pub(super) permit: EndPermit,
}

/// auto-restore's record of the deletion, in words.
pub(super) struct Account {
    pub(super) by: String,
    pub(super) at: OffsetDateTime,
    pub(super) why_it_stands: String,
}

impl Background {
    /// Never fails: an alert that knows little is better than none.
    pub(super) async fn gather(
        evidence: &dyn EvidenceStore,
        ca: &CaArn,
        until: OffsetDateTime,
        permit: EndPermit,
        now: OffsetDateTime,
    ) -> Self {
        let impact = impact::gather(evidence, ca, now).await;
        let entry = evidence.read(&Case::key_of(ca, until)).await.ok().flatten();
        let case = entry.and_then(|entry| Case::read(&entry.body).ok());
        Self { impact, deletion: case.as_ref().map(account), permit }
    }
}

fn account(case: &Case) -> Account {
    let deletion = case.deletion();
    let by = match deletion.event_id {
        Some(_) => deletion.by.name().to_owned(),
        None => "an unknown caller, whose call CloudTrail has not recorded".to_owned(),
    };
    Account { by, at: deletion.at, why_it_stands: why_it_stands(case) }
}

fn why_it_stands(case: &Case) -> String {
    match case.state() {
        CaseState::Permitted => permitted(case),
        CaseState::Escalated if case.is_withheld() => {
            format!("Vigil would have restored it, but {OBSERVES}")
        }
        CaseState::Escalated => {
            let asked = case.entries().iter().rev().find_map(|entry| match &entry.act {
                Act::Escalated { earlier, asked } => Some((earlier.len(), *asked)),
                _ => None,
            });
            match asked {
                Some((_, true)) => "policy asks people to decide".to_owned(),
                Some((count, false)) => {
                    format!("it was restored {count} times within a day, and deleted again")
                }
                None => "people have to decide".to_owned(),
            }
        }
        CaseState::Restoring => "it is to be restored, and Vigil could not do it yet".to_owned(),
        CaseState::Seen | CaseState::Judged => {
            "auto-restore has not finished judging it".to_owned()
        }
        CaseState::Restored | CaseState::Reactivated => {
            "it was restored, and deleted again".to_owned()
        }
        CaseState::Lost => "it was taken for gone".to_owned(),
    }
}

fn permitted(case: &Case) -> String {
    let Some(judgement) = case.judgement() else { return "policy permits it".to_owned() };
    let Verdict::Permit { policies } = &judgement.verdict else {
        return "policy permits it".to_owned();
    };
    let approval = &judgement.request["context"]["approval"];
    let approved = match (approval["by"].as_str(), approval["reason"].as_str()) {
        (Some(by), Some(reason)) => format!(": approved by {by}, {reason}"),
        _ => String::new(),
    };
    match policies.as_slice() {
        [policy] => format!("policy `{policy}` permits it{approved}"),
        policies => format!("policies `{}` permit it{approved}", policies.join("`, `")),
    }
}

impl Account {
    pub(super) fn in_words(&self) -> String {
        format!("Deleted by {} at {}; {}.", self.by, rfc3339(self.at), self.why_it_stands)
    }
}
