//! What becomes of the judgements: findings are published when they begin and when they are over.

use std::collections::BTreeMap;

use super::{
    CheckError,
    audit_state::{self, AuditState},
};
use crate::{
    finding::Finding,
    jobs::finding_store::{FindingStore, Published},
    rules::{JudgementResult, RuleJudgement},
};

/// A finding is recorded as open before it is published, so that after a crash it is still resolved
/// at its end; it is removed after its end was published.
pub(super) async fn settle(
    finding_store: &FindingStore<'_>,
    resource: &str,
    key: &str,
    judgements: &[RuleJudgement],
    learn: impl Fn(&mut AuditState),
) -> Result<Published, CheckError> {
    let found: Vec<_> = judgements.iter().flat_map(findings).cloned().collect();
    let noted = audit_state::update(finding_store.evidence, key, |state| {
        state.resource = resource.to_owned();
        let open = found.iter().map(|finding| (finding.id.clone(), finding.rule.to_string()));
        state.open.extend(open);
        learn(state);
    })
    .await?;
    let mut published = finding_store.announce(&found).await.map_err(CheckError::FindingStore)?;
    let over = over(&noted.open, judgements);
    if over.is_empty() {
        return Ok(published);
    }
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, because) in &over {
        by_reason.entry(because).or_default().push(id.clone());
    }
    for (because, ids) in by_reason {
        let resolved =
            finding_store.resolve(&ids, because).await.map_err(CheckError::FindingStore)?;
        published.resolved.extend(resolved);
    }
    audit_state::update(finding_store.evidence, key, |state| {
        state.open.retain(|id, _| !over.contains_key(id));
    })
    .await?;
    Ok(published)
}

/// Tells of a resource that is not audited any more that all is over. Answers with what was.
pub(super) async fn close(
    finding_store: &FindingStore<'_>,
    key: &str,
) -> Result<Vec<String>, CheckError> {
    let (state, _) = audit_state::read(finding_store.evidence, key).await?;
    if state.open.is_empty() {
        return Ok(Vec::new());
    }
    let open: Vec<String> = state.open.into_keys().collect();
    let because = "the resource is no longer audited";
    let resolved = finding_store.resolve(&open, because).await.map_err(CheckError::FindingStore)?;
    audit_state::update(finding_store.evidence, key, |state| {
        state.open.retain(|id, _| !open.contains(id));
    })
    .await?;
    Ok(resolved)
}

fn findings(judgement: &RuleJudgement) -> &[Finding] {
    match &judgement.result {
        JudgementResult::Findings { findings } => findings,
        JudgementResult::NotApplicable { .. }
        | JudgementResult::Pass
        | JudgementResult::Unknown { .. } => &[],
    }
}

/// The findings that are over, each with the reason: its rule was put and did not find it, or what
/// the rule judges is not there any more. What could not be checked stays open; the findings of a
/// rule that is no longer applied are resolved.
fn over(open: &BTreeMap<String, String>, judgements: &[RuleJudgement]) -> BTreeMap<String, String> {
    let reason = |id: &str, rule: &str| {
        let judged = judgements.iter().find(|judgement| judgement.rule == rule);
        match judged.map(|judgement| &judgement.result) {
            None => Some("the rule does not apply any more"),
            Some(JudgementResult::Pass) => Some("the rule found nothing any more"),
            Some(JudgementResult::NotApplicable { reason }) => Some(reason.as_str()),
            Some(JudgementResult::Unknown { .. }) => None,
            Some(JudgementResult::Findings { findings }) => {
                let again = findings.iter().any(|finding| finding.id == id);
                (!again).then_some("the rule found something else")
            }
        }
    };
    let over =
        open.iter().filter_map(|(id, rule)| Some((id.clone(), reason(id, rule)?.to_owned())));
    over.collect()
}
