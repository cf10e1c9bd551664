//! Audits every CA's CRL and the bucket it lies in, and tells what began and what is over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::Ca,
    finding::Finding,
    ports::{Authorities, Buckets, Bus, Ledger, Objects},
    rules::{
        self, Judgement, JudgementResult,
        bucket::{BucketSubject, BucketUser},
    },
};

mod error;
mod gather;
mod memory;
mod outcome;
mod report;
mod scope;
mod trigger;

pub use error::{CheckFailure, CrlAuditError, Step};
pub use outcome::{Audit, NotAudited, Outcome};
pub use scope::Skip;

use super::register::{Register, Told};
use memory::Memory;
use report::Report;
use scope::Scope;
use trigger::Trigger;

/// Five times the million entries that the service's largest CRL has.
pub const LARGEST_CRL: u64 = 256 * 1024 * 1024;

/// Some 600,000 certificates: what one invocation reads within its time, for some CAs at least.
pub const LARGEST_COMPARED_REPORT: u64 = 256 * 1024 * 1024;

/// What the job works with.
#[derive(Debug)]
pub struct Ports<'a, A, O, K, L, B> {
    pub authorities: &'a A,
    pub objects: &'a O,
    pub buckets: &'a K,
    pub ledger: &'a L,
    pub bus: &'a B,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// A CRL object over this many bytes is not read.
    pub largest_crl: u64,
    /// An audit report over this many bytes is not compared with.
    pub largest_report: u64,
    /// See [`super::restore_deadline::Settings::claim_expires_after`].
    pub claim_expires_after: Duration,
}

/// One run: all CAs on a schedule, one CA on the service's event about its CRL.
pub async fn run<A: Authorities, O: Objects, K: Buckets, L: Ledger, B: Bus>(
    event: &Value,
    ports: &Ports<'_, A, O, K, L, B>,
    settings: &Settings,
) -> Result<Outcome, CrlAuditError> {
    let trigger = trigger::read(event).map_err(CrlAuditError::Event)?;
    let listing = ports.authorities.list().await.map_err(CrlAuditError::List)?;
    let now = listing.as_of;
    let scopes: Vec<(&Ca, Result<Scope, Skip>)> =
        listing.cas.iter().map(|ca| (ca, scope::of(ca))).collect();

    if let Some(reason) = nothing_to_audit(&trigger, &scopes) {
        return Ok(Outcome::not_audited(trigger.about(), reason));
    }
    let register = Register {
        ledger: ports.ledger,
        bus: ports.bus,
        area: "crl-audit",
        now,
        claim_expires_after: settings.claim_expires_after,
    };
    let report = Report::new(now, &trigger, &scopes);
    let mut job =
        Job { ports, settings, register, trigger: &trigger, now, report, failures: Vec::new() };
    for (ca, scope) in scopes.iter().filter(|(ca, scope)| trigger.concerns(ca, scope)) {
        match scope {
            Ok(scope) => job.audit_crl(ca, scope).await,
            Err(Skip::NoBucket | Skip::NotEnabled) => job.audit_configuration(ca).await,
            Err(Skip::Status(_)) => {}
        }
    }
    for subject in gather::bucket_users(&scopes, &trigger) {
        job.audit_bucket(subject).await;
    }
    job.close_what_is_no_longer_audited(&scopes).await;
    job.finish().await
}

/// Why an event concerns nothing that is audited.
fn nothing_to_audit(trigger: &Trigger, scopes: &[(&Ca, Result<Scope, Skip>)]) -> Option<String> {
    let of = |wanted: &CaArn| match scopes.iter().find(|(ca, _)| ca.arn == *wanted) {
        Some((_, Ok(_) | Err(Skip::NotEnabled | Skip::NoBucket))) => None,
        Some((_, Err(skip))) => Some(skip.to_string()),
        None => Some("there is no such CA any more".to_owned()),
    };
    match trigger {
        Trigger::Schedule => None,
        Trigger::Ca(call) => of(&call.ca),
        Trigger::Generation(event) => {
            let scope = scopes.iter().find(|(ca, _)| ca.arn == event.ca);
            match scope {
                Some((_, Err(skip))) => Some(skip.to_string()),
                _ => of(&event.ca),
            }
        }
        Trigger::Bucket(_) | Trigger::Object(_) => {
            let used = |scope: &Scope| trigger.concerns_bucket(&scope.bucket);
            let is_used = scopes.iter().any(|(_, scope)| scope.as_ref().is_ok_and(used));
            (!is_used).then(|| "no CA writes its CRL to the bucket".to_owned())
        }
    }
}

struct Job<'a, A, O, K, L, B> {
    ports: &'a Ports<'a, A, O, K, L, B>,
    settings: &'a Settings,
    register: Register<'a, L, B>,
    trigger: &'a Trigger,
    now: OffsetDateTime,
    report: Report,
    failures: Vec<CheckFailure>,
}

impl<A: Authorities, O: Objects, K: Buckets, L: Ledger, B: Bus> Job<'_, A, O, K, L, B> {
    /// A CA that cannot be audited does not keep the others from their turn.
    async fn audit_crl(&mut self, ca: &Ca, scope: &Scope) {
        let resource = ca.arn.to_string();
        let key = memory::ca_key(ca.arn.id());
        let history = match memory::read(self.ports.ledger, &key).await {
            Ok((mut memory, _)) => {
                self.trigger.learn(&ca.arn, &mut memory.crl);
                memory.crl
            }
            Err(step) => return self.failed(&resource, step),
        };
        let settings = self.settings;
        let asked = gather::Asked { ca, scope, history, settings, as_of: self.now };
        let gathered = gather::crl(self.ports, asked).await;
        for step in gathered.failures {
            self.failed(&resource, step);
        }
        let mut judgements =
            rules::judge(rules::crl::RULES, &gathered.subject, ca.arn.as_str(), self.now);
        judgements.extend(self.configuration(ca));
        let trigger = self.trigger;
        self.settle(&resource, &key, judgements, |memory| {
            // On what is remembered now: another run may have learnt something meanwhile.
            trigger.learn(&ca.arn, &mut memory.crl);
            memory.crl.learn(&gathered.subject);
        })
        .await;
    }

    /// A CA without a CRL can at least be judged for having none.
    async fn audit_configuration(&mut self, ca: &Ca) {
        let judgements = self.configuration(ca);
        self.settle(ca.arn.as_str(), &memory::ca_key(ca.arn.id()), judgements, |_| ()).await;
    }

    fn configuration(&self, ca: &Ca) -> Vec<Judgement> {
        rules::judge(rules::configuration::RULES, ca, ca.arn.as_str(), self.now)
    }

    async fn audit_bucket(&mut self, (name, users): (String, Vec<BucketUser>)) {
        let facts = self.ports.buckets.facts(&name).await;
        let subject = BucketSubject { facts, users };
        let resource = subject.arn();
        for step in gather::unknown(&subject.facts) {
            self.failed(&resource, step);
        }
        let judgements = rules::judge(rules::bucket::RULES, &subject, &resource, self.now);
        self.settle(&resource, &memory::bucket_key(&name), judgements, |_| ()).await;
    }

    /// Tells what began and what is over, and remembers what is open.
    async fn settle(
        &mut self,
        resource: &str,
        key: &str,
        judgements: Vec<Judgement>,
        learn: impl Fn(&mut Memory),
    ) {
        match self.try_to_settle(resource, key, &judgements, learn).await {
            Ok(told) => self.report.told.add(told),
            Err(step) => self.failed(resource, step),
        }
        self.report.judgements.extend(judgements);
    }

    /// What is found is noted as open before it is told, so that a crash cannot leave a finding that
    /// nobody would ever resolve; what is over is struck off after that was told.
    async fn try_to_settle(
        &self,
        resource: &str,
        key: &str,
        judgements: &[Judgement],
        learn: impl Fn(&mut Memory),
    ) -> Result<Told, Step> {
        let found: Vec<_> = judgements.iter().flat_map(findings).cloned().collect();
        let noted = memory::update(self.ports.ledger, key, |memory| {
            memory.resource = resource.to_owned();
            memory
                .open
                .extend(found.iter().map(|finding| (finding.id.clone(), finding.rule.to_string())));
            learn(memory);
        })
        .await?;
        let mut told = self.register.announce(&found).await.map_err(Step::Register)?;
        let over = over(&noted.open, judgements);
        if over.is_empty() {
            return Ok(told);
        }
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, because) in &over {
            by_reason.entry(because).or_default().push(id.clone());
        }
        for (because, ids) in by_reason {
            let resolved = self.register.resolve(&ids, because).await.map_err(Step::Register)?;
            told.resolved.extend(resolved);
        }
        memory::update(self.ports.ledger, key, |memory| {
            memory.open.retain(|id, _| !over.contains_key(id));
        })
        .await?;
        Ok(told)
    }

    /// A CA that was deleted, or whose CRL was turned off, has no findings any more. Only a run over
    /// all CAs can tell, and only about resources that it did not audit.
    async fn close_what_is_no_longer_audited(&mut self, scopes: &[(&Ca, Result<Scope, Skip>)]) {
        if !matches!(self.trigger, Trigger::Schedule) {
            return;
        }
        let mut audited = BTreeSet::new();
        for (ca, scope) in scopes {
            if !matches!(scope, Err(Skip::Status(_))) {
                audited.insert(memory::ca_key(ca.arn.id()));
            }
            if let Ok(scope) = scope {
                audited.insert(memory::bucket_key(&scope.bucket));
            }
        }
        let keys = match self.ports.ledger.list(memory::PREFIX).await {
            Ok(keys) => keys,
            Err(error) => return self.failed("the ledger", Step::Memory(error)),
        };
        for key in keys.into_iter().filter(|key| !audited.contains(key)) {
            match self.close(&key).await {
                Ok(resolved) => self.report.told.resolved.extend(resolved),
                Err(step) => self.failed(&key, step),
            }
        }
    }

    async fn close(&self, key: &str) -> Result<Vec<String>, Step> {
        let (memory, _) = memory::read(self.ports.ledger, key).await?;
        if memory.open.is_empty() {
            return Ok(Vec::new());
        }
        let open: Vec<String> = memory.open.into_keys().collect();
        let because = "the resource is no longer audited";
        let resolved = self.register.resolve(&open, because).await.map_err(Step::Register)?;
        memory::update(self.ports.ledger, key, |memory| {
            memory.open.retain(|id, _| !open.contains(id));
        })
        .await?;
        Ok(resolved)
    }

    fn failed(&mut self, resource: &str, step: Step) {
        self.failures.push(CheckFailure { resource: resource.to_owned(), step });
    }

    async fn finish(mut self) -> Result<Outcome, CrlAuditError> {
        self.report.unchecked = self.failures.iter().map(ToString::to_string).collect();
        let written = self.report.write(self.ports.ledger).await;
        let audit = self.report.audit();
        if let Err(step) = written {
            self.failed("the report", step);
        }
        if self.failures.is_empty() {
            Ok(Outcome::Audited(Box::new(audit)))
        } else {
            Err(CrlAuditError::Incomplete { audit: Box::new(audit), failures: self.failures })
        }
    }
}

fn findings(judgement: &Judgement) -> &[Finding] {
    match &judgement.result {
        JudgementResult::Findings { findings } => findings,
        JudgementResult::NotApplicable { .. }
        | JudgementResult::Pass
        | JudgementResult::Unknown { .. } => &[],
    }
}

/// The findings that are over, each with the reason: its rule was put and did not find it, or what
/// the rule judges is not there any more. What could not be looked at stays open; a rule that is not
/// put any more lets go of what it found.
fn over(open: &BTreeMap<String, String>, judgements: &[Judgement]) -> BTreeMap<String, String> {
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

/// For results and reports: which CA was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub ca: CaArn,
    pub reason: String,
}

#[cfg(test)]
mod tests;
