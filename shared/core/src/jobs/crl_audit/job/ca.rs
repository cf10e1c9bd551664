//! A CA's turn: its CRL, or the lack of one, with all partitions.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    super::{
        Scope,
        gather::{self, Gathered},
        memory::{self, KnownCertificate, Memory},
        points,
        turns::Turn,
    },
    Checked, Job, Scopes,
};
use crate::{
    ca::Ca,
    certificate::Certificate,
    ports::{Authorities, Buckets, Bus, Distribution, Issued, Ledger, Objects, Pace},
    rules::{
        self, Judgement,
        crl::{CrlHistory, CrlState, Named},
    },
};

impl<A, O, K, L, B, P, D> Job<'_, A, O, K, L, B, P, D>
where
    A: Authorities + Issued,
    O: Objects,
    K: Buckets,
    L: Ledger,
    B: Bus,
    P: Pace,
    D: Distribution,
{
    pub(super) async fn audit(&self, turn: Turn<'_>, scopes: &Scopes<'_>) -> Checked {
        let Turn { ca, scope, memory, certificate } = turn;
        let resource = ca.arn.as_str();
        let Some(scope) = scope else {
            // A CA without a CRL can at least be judged for having none.
            let judgements = self.configuration(ca);
            let key = memory::ca_key(ca.arn.id());
            return self.settle(resource, &key, judgements, Vec::new(), |_| ()).await;
        };
        let memory = match memory {
            Ok(memory) => memory,
            Err(step) => return Checked::failed(resource, step),
        };
        let gather::KnownIssuer { issuer, pem, failure } = gather::issuer(certificate);
        let (parts, mut checked) = self.audit_partitions(ca, scope, &issuer, scopes).await;
        let (whole, kind) = (scope, gather::Kind::Whole(&parts));
        let mut gathered = self.gather(ca, whole, kind, memory.crl.clone(), issuer).await;
        gathered.failures.extend(failure);
        let learnt = self.learn_points(ca, &memory, &mut gathered).await;
        gathered.subject.named = self.named(scope, &parts, &memory, learnt.as_ref(), &gathered);
        let mut judgements = self.judge(whole, resource, &gathered).await;
        judgements.extend(self.configuration(ca));
        let known = pem.and_then(|pem| KnownCertificate::of(ca, &pem));
        let subject = &gathered.subject;
        let learn = |memory: &mut Memory| {
            // On what is remembered now: another run may have learnt something meanwhile.
            self.trigger.learn(&ca.arn, &scope.key, &mut memory.crl);
            memory.crl.learn(subject);
            if known.is_some() {
                memory.certificate.clone_from(&known);
            }
            if let Some(points) = &learnt {
                memory.learn_points(points, self.now);
            }
        };
        let key = memory::ca_key(ca.arn.id());
        checked.add(self.settle(resource, &key, judgements, gathered.failures, learn).await);
        checked
    }

    pub(super) async fn gather(
        &self,
        ca: &Ca,
        scope: &Scope,
        kind: gather::Kind<'_>,
        mut history: CrlHistory,
        issuer: Result<Certificate, String>,
    ) -> Gathered {
        self.trigger.learn(&ca.arn, &scope.key, &mut history);
        let (settings, as_of) = (self.settings, self.now);
        let asked = gather::Asked { ca, scope, history, issuer, kind, settings, as_of };
        gather::crl(self.ports, asked).await
    }

    /// By the rules for CRLs, and for what relying parties get.
    pub(super) async fn judge(
        &self,
        scope: &Scope,
        resource: &str,
        gathered: &Gathered,
    ) -> Vec<Judgement> {
        let subject = &gathered.subject;
        let mut judgements = rules::judge(rules::crl::RULES, subject, resource, self.now);
        let limit = self.settings.largest_crl;
        let served = gather::distribution(self.ports, scope, gathered, limit).await;
        if let Some(served) = served {
            let rules = rules::distribution::RULES;
            judgements.extend(rules::judge(rules, &served, resource, self.now));
        }
        judgements
    }

    /// `None` if no certificate was looked at this time.
    async fn learn_points(
        &self,
        ca: &Ca,
        memory: &Memory,
        gathered: &mut Gathered,
    ) -> Option<BTreeMap<String, i64>> {
        if gathered.sample.is_empty() || !points::are_due(ca, memory, self.trigger, self.now) {
            return None;
        }
        match points::of(self.ports, ca, &gathered.sample).await {
            Ok(points) => Some(points),
            Err(step) => {
                gathered.failures.push(step);
                None
            }
        }
    }

    fn named(
        &self,
        scope: &Scope,
        parts: &gather::Parts,
        memory: &Memory,
        learnt: Option<&BTreeMap<String, i64>>,
        gathered: &Gathered,
    ) -> Result<Named, String> {
        if !scope.is_named {
            return Err("what certificates name is not the CA's to say (OmitExtension)".to_owned());
        }
        let known = memory.points.iter().chain(learnt.into_iter().flatten());
        let time = |until: i64| OffsetDateTime::from_unix_timestamp(until).ok();
        let points: BTreeMap<_, _> =
            known.filter_map(|(url, until)| Some((url.clone(), time(*until)?))).collect();
        if points.is_empty() {
            return Err("no certificate was looked at yet".to_owned());
        }
        if parts.is_incomplete || matches!(gathered.subject.crl, CrlState::NotChecked(_)) {
            return Err("not every part of the CRL could be looked at".to_owned());
        }
        let mut places = parts.urls.clone();
        if !matches!(gathered.subject.crl, CrlState::Missing) {
            places.extend(scope.urls(&scope.key));
        }
        Ok(Named { points, places })
    }

    fn configuration(&self, ca: &Ca) -> Vec<Judgement> {
        rules::judge(rules::configuration::RULES, ca, ca.arn.as_str(), self.now)
    }
}
