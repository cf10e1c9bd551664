//! What must hold at the end, by the fleet's own knowledge and not by Vigil's.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::fleet::{Deletion, Fleet, THRESHOLDS};
use crate::{
    finding::{Finding, Status},
    instant::rfc3339,
    jobs::auto_restore::{Act, Case, CaseState},
    span::Span,
};

/// How long after a threshold its alert may come: a run that was skipped, and its retries.
const SLACK: Duration = Duration::hours(3);

pub(super) fn problems(fleet: &Fleet) -> Vec<String> {
    let cases = cases(fleet);
    let mut problems = Vec::new();
    for (key, case) in &cases {
        match case {
            Ok(case) if case.is_closed() => {}
            Ok(case) => problems.push(format!("{key} is open: {:?}", case.state())),
            Err(error) => problems.push(format!("{key} does not hold together: {error}")),
        }
    }
    protected(fleet, &cases, &mut problems);
    permitted(fleet, &cases, &mut problems);
    alerts(fleet, &mut problems);
    problems
}

/// The CAs that are lost, and no deletion of which was permitted.
pub(super) fn losses(fleet: &Fleet) -> Vec<String> {
    let unpermitted = fleet.deletions.iter().filter(|deletion| !deletion.permitted);
    let lost = unpermitted.filter(|deletion| {
        fleet.gone.contains(&deletion.ca) && deletion.deleted_until == deletion.until
    });
    lost.map(|of| format!("{} was not permitted, and the CA is lost", name(of))).collect()
}

type Cases = BTreeMap<String, Result<Case, crate::jobs::auto_restore::CaseError>>;

fn cases(fleet: &Fleet) -> Cases {
    let evidence = &fleet.evidence.inner;
    let keys = evidence.keys().into_iter().filter(|key| key.starts_with("cases/"));
    keys.map(|key| (key.clone(), Case::read(&evidence.body(&key)))).collect()
}

/// Nothing that policy protects is lost, or left DELETED unless an operator decides.
fn protected(fleet: &Fleet, cases: &Cases, problems: &mut Vec<String>) {
    problems.extend(losses(fleet));
    for (ca, until) in fleet.deleted() {
        let deletion =
            fleet.deletions.iter().find(|deletion| deletion.ca == ca && deletion.until == until);
        let Some(deletion) = deletion.filter(|deletion| !deletion.permitted) else { continue };
        let case = cases.get(&Case::key_of(&ca, until));
        let state = case.and_then(|case| case.as_ref().ok()).map(Case::state);
        if state != Some(CaseState::Escalated) {
            problems.push(format!("{} was not permitted, and stays: {state:?}", name(deletion)));
        }
    }
}

/// Nothing that policy permits is undone, unless what permits it could not be read in time.
fn permitted(fleet: &Fleet, cases: &Cases, problems: &mut Vec<String>) {
    let restored = fleet.chaos.restored.lock().unwrap();
    for deletion in fleet.deletions.iter().filter(|deletion| deletion.permitted) {
        let is_it = |of: &&(crate::arn::CaArn, i64)| {
            of.0 == deletion.ca && of.1 == deletion.until.unix_timestamp()
        };
        let case = cases.get(&Case::key_of(&deletion.ca, deletion.until));
        let case = case.and_then(|case| case.as_ref().ok());
        let could_be_read = case.is_none_or(|case| !is_judged_blindly(case, deletion.at));
        if could_be_read && restored.iter().any(|of| is_it(&of)) {
            problems.push(format!("{} was permitted, and undone", name(deletion)));
        }
    }
}

/// Ten minutes after a deletion, it is judged with what can be read then (decision 17).
fn is_judged_blindly(case: &Case, deleted_at: OffsetDateTime) -> bool {
    case.entries().iter().any(|entry| match &entry.act {
        Act::Judged { judgement } => {
            !judgement.suspicious.is_empty() && entry.at - deleted_at >= Duration::minutes(10)
        }
        _ => false,
    })
}

/// Every threshold that a window has passed has its alert, or is named as missed; and once, unless
/// the invocation died.
fn alerts(fleet: &Fleet, problems: &mut Vec<String>) {
    let published = fleet.findings.inner.published.lock().unwrap();
    let alerts: Vec<&Finding> = published
        .iter()
        .filter(|of| of.rule == "restore-deadline.threshold" && of.status == Status::New)
        .collect();
    for deletion in &fleet.deletions {
        for threshold in THRESHOLDS.split(',') {
            let passed_at = deletion.until - threshold.parse::<Span>().unwrap().duration();
            let end = (passed_at + SLACK).min(deletion.until);
            if passed_at < deletion.at || deletion.deleted_until < end {
                continue;
            }
            let is_published = alerts.iter().any(|alert| is_about(alert, deletion, threshold));
            if !is_published && !published.iter().any(|finding| owns_up(finding, deletion)) {
                problems.push(format!("{}: {threshold} was told to nobody", name(deletion)));
            }
        }
    }
    let excused = fleet.chaos.excused.lock().unwrap();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for alert in &alerts {
        *times.entry(&alert.id).or_default() += 1;
    }
    for (id, times) in times {
        let excuses = excused.get(id).copied().unwrap_or(0);
        if times > 1 + excuses {
            problems.push(format!("alert {id} was told {times} times, with {excuses} excuses"));
        }
    }
}

/// Its own alert, or a later one that makes up for it.
fn is_about(alert: &Finding, deletion: &Deletion, threshold: &str) -> bool {
    let evidence = |name: &str| &alert.evidence[name];
    alert.resource == deletion.ca.as_str()
        && *evidence("restorable_until") == rfc3339(deletion.until)
        && (*evidence("threshold") == threshold
            || evidence("missed_thresholds")
                .as_array()
                .is_some_and(|missed| missed.iter().any(|one| one == threshold)))
}

/// The last hour has one run; where that fails three times, the alarm for a missed alert is raised.
fn owns_up(finding: &Finding, deletion: &Deletion) -> bool {
    finding.rule == "restore-deadline.gone"
        && finding.resource == deletion.ca.as_str()
        && finding.evidence["restorable_until"] == rfc3339(deletion.until)
        && finding.evidence["announced"] == false
}

fn name(deletion: &Deletion) -> String {
    let Deletion { ca, at, until, by_hand, .. } = deletion;
    let by_hand = if *by_hand { ", restored by hand" } else { "" };
    let at: OffsetDateTime = *at;
    format!("the deletion of {} at {} (until {}{by_hand})", ca.id(), rfc3339(at), rfc3339(*until))
}
