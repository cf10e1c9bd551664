//! One run's work: every CA and every bucket gets its turn, and what has none is handed on.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};

use super::{
    AT_ONCE, BUCKETS_AT_ONCE, CheckFailure, CrlAuditError, Outcome, Ports, Scope, Settings, Skip,
    Step, Trigger, certificates, gather,
    memory::{self, KnownCertificate, Memory},
    orphans, partitions, points,
    report::Report,
    settle,
    turns::{self, Turn},
};
use crate::{
    bucket::{Fact, PublicAccessBlock},
    ca::Ca,
    certificate::Certificate,
    crl::{DistributionPointName, comparison::Listed},
    failure::chain,
    jobs::{register::Register, side_by_side::side_by_side},
    ports::{
        Authorities, Buckets, Bus, Distribution, Issued, Ledger, Objects, Pace, PortError, Rest,
    },
    rules::{
        self, Judgement,
        bucket::{BucketSubject, BucketUser, Orphans},
        crl::{CrlHistory, CrlState, CrlSubject, Named},
    },
};

pub(super) struct Job<'a, A, O, K, L, B, P, D> {
    pub(super) ports: &'a Ports<'a, A, O, K, L, B, P, D>,
    pub(super) settings: &'a Settings,
    pub(super) register: Register<'a, L, B>,
    pub(super) trigger: &'a Trigger,
    pub(super) now: OffsetDateTime,
}

/// What came of one resource's turn.
#[derive(Default)]
struct Checked {
    judgements: Vec<Judgement>,
    told: super::Told,
    failures: Vec<CheckFailure>,
}

/// Of one CA; several CAs have their turn at a time.
const PARTITIONS_AT_ONCE: usize = 4;

/// Of one folder: a page is a thousand, and a bucket may hold anything.
const MOST_KEYS: usize = 10_000;

/// A run that is handed on for ever does not end by itself.
const MOST_HOPS: u32 = 50;

type Scopes<'a> = [(&'a Ca, Result<Scope, Skip>)];

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
    pub(super) async fn run(
        &self,
        scopes: &Scopes<'_>,
        mut report: Report,
    ) -> Result<Outcome, CrlAuditError> {
        let mut failures = Vec::new();
        match self.all_turns(scopes, &mut report, &mut failures).await {
            None => self.close_what_is_no_longer_audited(scopes, &mut report, &mut failures).await,
            Some(left) => match self.hand_on(&left, &report).await {
                Ok(()) => report.handed_on = Some(left),
                Err(step) => failures.push(CheckFailure { resource: left, step }),
            },
        }
        report.unchecked = failures.iter().map(ToString::to_string).collect();
        let written = report.write(self.ports.ledger).await;
        let audit = Box::new(report.audit());
        if let Err(step) = written {
            failures.push(CheckFailure { resource: "the report".to_owned(), step });
        }
        if failures.is_empty() {
            Ok(Outcome::Audited(audit))
        } else {
            Err(CrlAuditError::Incomplete { audit, failures })
        }
    }

    /// The first resource that had no turn, if there is one.
    async fn all_turns(
        &self,
        scopes: &Scopes<'_>,
        report: &mut Report,
        failures: &mut Vec<CheckFailure>,
    ) -> Option<String> {
        let mut turns = turns::of(self.ports, scopes, self.trigger).await;
        let arns: Vec<String> = turns.iter().map(|turn| turn.ca.arn.to_string()).collect();
        let ready = certificates::fetch(self.ports, &mut turns).await;
        let audits =
            turns.into_iter().take(ready).map(|turn| self.in_time(self.audit(turn, scopes)));
        let done = side_by_side(AT_ONCE, audits).await;
        let begun = absorb(done, report, failures);
        if begun < arns.len() {
            return Some(arns[begun].clone());
        }
        let buckets = gather::bucket_users(scopes, self.trigger);
        let arns: Vec<String> = buckets.keys().map(|name| format!("arn:aws:s3:::{name}")).collect();
        let (block, unknown) = gather::account::block(self.ports, &buckets).await;
        failures.extend(unknown);
        let audits = buckets.into_iter();
        let audits = audits.map(|bucket| self.in_time(self.audit_bucket(bucket, &block, scopes)));
        let done = side_by_side(BUCKETS_AT_ONCE, audits).await;
        arns.into_iter().nth(absorb(done, report, failures))
    }

    /// Begins it only while there is time.
    async fn in_time(&self, work: impl Future<Output = Checked>) -> Option<Checked> {
        self.ports.pace.pause(Duration::ZERO).await.ok()?;
        Some(work.await)
    }

    async fn audit(&self, turn: Turn<'_>, scopes: &Scopes<'_>) -> Checked {
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

    async fn gather(
        &self,
        ca: &Ca,
        scope: &Scope,
        kind: gather::Kind<'_>,
        mut history: CrlHistory,
        issuer: Result<Certificate, String>,
    ) -> gather::Gathered {
        self.trigger.learn(&ca.arn, &scope.key, &mut history);
        let (settings, as_of) = (self.settings, self.now);
        let asked = gather::Asked { ca, scope, history, issuer, kind, settings, as_of };
        gather::crl(self.ports, asked).await
    }

    /// By the rules for CRLs, and for what relying parties get.
    async fn judge(
        &self,
        scope: &Scope,
        resource: &str,
        gathered: &gather::Gathered,
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

    /// Each by itself, with a memory of its own.
    async fn audit_partitions(
        &self,
        ca: &Ca,
        scope: &Scope,
        issuer: &Result<Certificate, String>,
        scopes: &Scopes<'_>,
    ) -> (gather::Parts, Checked) {
        let (mut parts, mut checked) = (gather::Parts::default(), Checked::default());
        if !scope.partitioned {
            return (parts, checked);
        }
        let others: BTreeSet<&str> = scopes.iter().map(|(ca, _)| ca.arn.id()).collect();
        match partitions::of(self.ports, ca, scope, &others).await {
            Err(step) => {
                parts.is_incomplete = true;
                checked.failures.push(CheckFailure { resource: ca.arn.to_string(), step });
            }
            Ok(keys) => {
                let audits = keys.into_iter().map(|(key, is_certain)| {
                    self.audit_partition(ca, scope.part(&key), is_certain, issuer)
                });
                for (part, one) in side_by_side(PARTITIONS_AT_ONCE, audits).await {
                    checked.add(one);
                    match part {
                        Part::Another => {}
                        Part::Read { listed, urls } => {
                            parts.listed.push(listed);
                            parts.urls.extend(urls);
                        }
                        Part::Unread => parts.is_incomplete = true,
                    }
                }
            }
        }
        (parts, checked)
    }

    async fn audit_partition(
        &self,
        ca: &Ca,
        mut scope: Scope,
        is_certain: bool,
        issuer: &Result<Certificate, String>,
    ) -> (Part, Checked) {
        let resource = format!("arn:{}:s3:::{}/{}", ca.arn.partition(), scope.bucket, scope.key);
        let key = memory::partition_key(ca.arn.id(), &scope.bucket, &scope.key);
        let history = match memory::read(self.ports.ledger, &key).await {
            Ok((memory, _)) => memory.crl,
            Err(step) => return (Part::Unread, Checked::failed(&resource, step)),
        };
        let kind = gather::Kind::Partition;
        let mut gathered = self.gather(ca, &scope, kind, history, issuer.clone()).await;
        let is_signed =
            matches!(gathered.subject.crl, CrlState::Read { signature: Some(Ok(())), .. });
        if !is_certain && !is_signed {
            return (Part::Another, Checked::default());
        }
        scope.distribution_point = url_of(&gathered.subject);
        let judgements = self.judge(&scope, &resource, &gathered).await;
        let subject = &gathered.subject;
        let learn = |memory: &mut Memory| {
            self.trigger.learn(&ca.arn, &scope.key, &mut memory.crl);
            memory.crl.learn(subject);
        };
        let failures = std::mem::take(&mut gathered.failures);
        let checked = self.settle(&resource, &key, judgements, failures, learn).await;
        let part = match gathered.listed {
            Some(listed) => Part::Read { listed, urls: scope.urls(&scope.key).collect() },
            None => Part::Unread,
        };
        (part, checked)
    }

    /// `None` if no certificate was looked at this time.
    async fn learn_points(
        &self,
        ca: &Ca,
        memory: &Memory,
        gathered: &mut gather::Gathered,
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
        gathered: &gather::Gathered,
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

    async fn audit_bucket(
        &self,
        (name, users): (String, Vec<BucketUser>),
        account_block: &Fact<PublicAccessBlock>,
        scopes: &Scopes<'_>,
    ) -> Checked {
        let facts = self.ports.buckets.facts(&name).await;
        let mut failures = gather::unknown(&facts);
        let orphans = match self.keys_beside(&name, &users).await {
            // What a bucket that is gone or a stranger's holds, nobody has to know.
            _ if !facts.exists() || facts.owned == Fact::Known(false) => Ok(Orphans::default()),
            Ok(keys) => Ok(orphans::of(&name, keys, scopes)),
            Err(error) => {
                let step = Step::Objects(error);
                let why = chain(&step);
                failures.push(step);
                Err(why)
            }
        };
        let account_block = gather::account::over(&facts, account_block);
        let subject = BucketSubject { facts, account_block, users, orphans };
        let resource = subject.arn();
        let judgements = rules::judge(rules::bucket::RULES, &subject, &resource, self.now);
        self.settle(&resource, &memory::bucket_key(&name), judgements, failures, |_| ()).await
    }

    /// The keys in every folder in which one of the users has its CRL.
    async fn keys_beside(
        &self,
        bucket: &str,
        users: &[BucketUser],
    ) -> Result<BTreeSet<String>, PortError> {
        let folders: BTreeSet<&str> = users.iter().map(BucketUser::folder).collect();
        let mut keys = BTreeSet::new();
        for folder in folders {
            keys.extend(self.ports.objects.list(bucket, folder, MOST_KEYS).await?);
        }
        Ok(keys)
    }

    async fn settle(
        &self,
        resource: &str,
        key: &str,
        judgements: Vec<Judgement>,
        failures: Vec<Step>,
        learn: impl Fn(&mut Memory),
    ) -> Checked {
        let failed = |step| CheckFailure { resource: resource.to_owned(), step };
        let mut failures: Vec<_> = failures.into_iter().map(failed).collect();
        let told = settle::settle(&self.register, resource, key, &judgements, learn).await;
        let told = told.unwrap_or_else(|step| {
            failures.push(failed(step));
            super::Told::default()
        });
        Checked { judgements, told, failures }
    }

    /// A CA that was deleted, or whose CRL was turned off, has no findings any more. Only a run over
    /// all CAs can tell, and only about resources that it did not audit.
    async fn close_what_is_no_longer_audited(
        &self,
        scopes: &Scopes<'_>,
        report: &mut Report,
        failures: &mut Vec<CheckFailure>,
    ) {
        if !self.trigger.is_of_all() {
            return;
        }
        let mut failed = |resource: String, step| failures.push(CheckFailure { resource, step });
        let keys = match self.ports.ledger.list(memory::PREFIX).await {
            Ok(keys) => keys,
            Err(error) => return failed("the ledger".to_owned(), Step::Memory(error)),
        };
        let audited = audited(scopes);
        let partitions: Vec<String> = scopes
            .iter()
            .filter_map(|(ca, scope)| {
                let scope = scope.as_ref().ok().filter(|scope| scope.partitioned)?;
                Some(memory::partitions_prefix(ca.arn.id(), &scope.bucket))
            })
            .collect();
        let is_audited = |key: &String| {
            audited.contains(key) || partitions.iter().any(|prefix| key.starts_with(prefix))
        };
        let keys: Vec<_> = keys.into_iter().filter(|key| !is_audited(key)).collect();
        let closed = keys.iter().map(|key| settle::close(&self.register, key));
        let closed = side_by_side(AT_ONCE, closed).await;
        for (key, closed) in keys.into_iter().zip(closed) {
            match closed {
                Ok(resolved) => report.told.resolved.extend(resolved),
                Err(step) => failed(key, step),
            }
        }
    }

    /// The next run begins with the first that had no turn; a run in which nobody had one is not
    /// tried again.
    async fn hand_on(&self, left: &str, report: &Report) -> Result<(), Step> {
        let hop = match self.trigger {
            Trigger::Rest(rest) => rest.hop + 1,
            _ => 1,
        };
        if report.judgements.is_empty() || hop > MOST_HOPS {
            return Err(Step::NoTime);
        }
        let rest = Rest { job: "crl-audit".to_owned(), from: left.to_owned(), hop };
        self.ports.bus.hand_on(&rest).await.map_err(Step::HandOn)
    }
}

/// What an object in a CRL's folder turned out to be.
enum Part {
    /// Not this CA's.
    Another,
    Read {
        listed: Listed,
        urls: Vec<String>,
    },
    Unread,
}

/// Where a partition says that it belongs, which is what its certificates name.
fn url_of(subject: &CrlSubject) -> Option<String> {
    let CrlState::Read { facts, .. } = &subject.crl else { return None };
    match &facts.issuing_distribution_point.as_ref()?.name {
        Some(DistributionPointName::Full { uris, .. }) => uris.first().cloned(),
        Some(DistributionPointName::RelativeToIssuer) | None => None,
    }
}

impl Checked {
    fn add(&mut self, other: Self) {
        self.judgements.extend(other.judgements);
        self.told.add(other.told);
        self.failures.extend(other.failures);
    }

    fn failed(resource: &str, step: Step) -> Self {
        let failure = CheckFailure { resource: resource.to_owned(), step };
        Self { failures: vec![failure], ..Self::default() }
    }
}

/// Adds what was done to the report, and says how many had their turn.
fn absorb(
    done: Vec<Option<Checked>>,
    report: &mut Report,
    failures: &mut Vec<CheckFailure>,
) -> usize {
    let mut begun = 0;
    for checked in done.into_iter().map_while(|checked| checked) {
        begun += 1;
        report.told.add(checked.told);
        report.judgements.extend(checked.judgements);
        failures.extend(checked.failures);
    }
    begun
}

/// The keys of what a run over all CAs audits.
fn audited(scopes: &Scopes<'_>) -> BTreeSet<String> {
    let mut audited = BTreeSet::new();
    for (ca, scope) in scopes {
        if !matches!(scope, Err(Skip::Status(_))) {
            audited.insert(memory::ca_key(ca.arn.id()));
        }
        if let Ok(scope) = scope {
            audited.insert(memory::bucket_key(&scope.bucket));
        }
    }
    audited
}
