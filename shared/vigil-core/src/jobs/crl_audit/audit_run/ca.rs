//! A CA's turn: its CRL, or the lack of one, with all partitions.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    super::{
        Scope,
        audit_state::{AuditState, KnownCertificate},
        certificate_scan::{self, Plan, Wanted},
        gather::{self, Gathered},
        report::UsedReport,
        work_items::WorkItem,
    },
    AuditRun, Checked, Scopes,
};
use crate::{
    ca::Ca,
    evidence::keys,
    rules::{
        self, RuleJudgement,
        crl::{CrlState, Named, References},
    },
};

impl AuditRun<'_> {
    pub(super) async fn audit(&self, work_item: WorkItem<'_>, scopes: &Scopes<'_>) -> Checked {
        let WorkItem { ca, scope, state, certificate } = work_item;
        let resource = ca.arn.as_str();
        let Some(scope) = scope else {
            // A CA without a CRL can at least be judged for having none.
            let judgements = self.configuration(ca);
            let key = keys::audited_ca(ca.arn.id());
            return self.settle(resource, &key, judgements, Vec::new(), |_| ()).await;
        };
        let state = match state {
            Ok(state) => state,
            Err(step) => return Checked::failed(resource, step),
        };
        let gather::KnownIssuer { issuer, pem, failure } = gather::issuer(certificate);
        let (parts, mut checked) = self.audit_partitions(ca, scope, &issuer, &state, scopes).await;
        let wanted = scope.is_named.then(|| Wanted {
            progress: state.certificate_scan.as_ref(),
            // On an event, only to say how many are left: events come many at a time.
            max: if self.trigger.is_of_all() { certificate_scan::MAX_A_RUN } else { 0 },
            as_of: self.now,
        });
        let mut gathered = self
            .gather(gather::Asked {
                ca,
                scope,
                history: state.crl.clone(),
                issuer,
                kind: gather::Kind::Whole(&parts),
                references: References::Unknown("it is the CA's own".to_owned()),
                wanted,
                may_put_down: self.trigger.is_of_all(),
                settings: self.settings,
                as_of: self.now,
            })
            .await;
        gathered.failures.extend(failure);
        if gathered.is_put_down {
            // The next invocation judges the CA, and sees these failures again if they last.
            checked.is_put_down = true;
            return checked;
        }
        gathered.subject.named = self.named(scope, &parts, &state, &gathered);
        let mut judgements = self.judge(scope, resource, &gathered).await;
        judgements.extend(self.configuration(ca));
        let known = pem.and_then(|pem| KnownCertificate::of(ca, &pem));
        let subject = &gathered.subject;
        let learn = |state: &mut AuditState| {
            // On the state as it is now: another run may have learnt something meanwhile.
            self.trigger.learn(&ca.arn, scope, &mut state.crl);
            state.crl.learn(subject);
            if known.is_some() {
                state.certificate.clone_from(&known);
            }
        };
        let key = keys::audited_ca(ca.arn.id());
        checked.add(self.settle(resource, &key, judgements, gathered.failures, learn).await);
        checked.plan = gathered.plan.map(|plan| (ca.arn.clone(), plan));
        let used = |created_at| UsedReport::new(ca.arn.clone(), created_at, self.now);
        checked.used_report = gathered.report_created_at.map(used);
        checked
    }

    pub(super) async fn gather(&self, mut asked: gather::Asked<'_>) -> Gathered {
        self.trigger.learn(&asked.ca.arn, asked.scope, &mut asked.history);
        gather::crl(self.ports, asked).await
    }

    /// By the rules for CRLs, and for what relying parties get.
    pub(super) async fn judge(
        &self,
        scope: &Scope,
        resource: &str,
        gathered: &Gathered,
    ) -> Vec<RuleJudgement> {
        let subject = &gathered.subject;
        let mut judgements = rules::judge(rules::crl::RULES, subject, resource, self.now);
        let limit = self.settings.max_crl_bytes;
        let served = gather::distribution(self.ports, scope, gathered, limit).await;
        if let Some(served) = served {
            let rules = rules::distribution::RULES;
            judgements.extend(rules::judge(rules, &served, resource, self.now));
        }
        judgements
    }

    /// By what earlier runs have learnt: certificates are read after all CAs were audited.
    fn named(
        &self,
        scope: &Scope,
        parts: &gather::Parts,
        state: &AuditState,
        gathered: &Gathered,
    ) -> Result<Named, String> {
        if !scope.is_named {
            return Err("what certificates name is not the CA's to say (OmitExtension)".to_owned());
        }
        let time = |until: i64| OffsetDateTime::from_unix_timestamp(until).ok();
        let points: BTreeMap<_, _> = state
            .points
            .iter()
            .filter_map(|(url, until)| Some((url.clone(), time(*until)?)))
            .collect();
        if points.is_empty() && state.certificate_scan.is_none() {
            return Err("no certificate was read yet".to_owned());
        }
        if parts.is_unknown || matches!(gathered.subject.crl, CrlState::NotChecked(_)) {
            return Err("not every part of the CRL could be checked".to_owned());
        }
        let mut places = parts.urls.clone();
        if !matches!(gathered.subject.crl, CrlState::Missing) {
            places.extend(scope.urls(&scope.key));
        }
        let left = gathered.plan.as_ref().map(Plan::left);
        let scanned =
            state.certificate_scan.as_ref().map(|progress| progress.report(left, self.now));
        Ok(Named { points, places, scanned })
    }

    fn configuration(&self, ca: &Ca) -> Vec<RuleJudgement> {
        rules::judge(rules::configuration::RULES, ca, ca.arn.as_str(), self.now)
    }
}
