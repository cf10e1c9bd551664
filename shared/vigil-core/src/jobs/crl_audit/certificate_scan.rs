//! Reads the certificates of audit reports: only they say where relying parties look for the CRL.
//!
//! GetCertificate may be called 75 times a second (AWS General Reference, AWS Private CA endpoints
//! and quotas), and clients that issue call it, too. So this comes after all CAs were audited, in
//! the time that is left, and goes on in the next run; what it learns is judged then. The
//! certificates that were read are an interval of issuance, so a CA that is caught up costs a call
//! for each certificate that it has newly issued.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::{
    AT_ONCE, CheckError, CheckFailure, Ports,
    audit_state::{self, AuditState},
    report::CertificatesOf,
};
use crate::{
    arn::CaArn, certificate::Certificate, certificate_traits::CertificateTraits, evidence::keys,
    jobs::in_order::in_order, ports::PortError,
};

mod choice;
mod learn;

pub(super) use choice::{Choice, Plan, Wanted};

/// A fifth of the quota: for each certificate that is issued, a client calls, too.
const A_SECOND: usize = 15;

/// Two minutes' worth, 43,200 a day. So a CA with a million certificates takes three weeks, in
/// which its newest have been read since the first hour; and a run stays within its invocation.
pub(super) const MAX_A_RUN: usize = 1_800;

/// In the last of an invocation's time no turn begins: so certificates are read in each, however
/// many CAs there are. A CA that has no turn has it in the next invocation.
pub(super) const KEPT: Duration = Duration::seconds(30);

/// What was learnt of a CA's certificates.
#[derive(Debug, Default)]
struct Seen {
    /// How many of the plan's, from its beginning.
    scanned: usize,
    /// What they name, and the end of the validity of the last that does.
    points: BTreeMap<String, i64>,
    /// What they are.
    traits: CertificateTraits,
    /// The same of those that could not be read.
    unknown_until: Option<i64>,
    failure: Option<CheckError>,
    is_over: bool,
}

/// Carries out as much of the plans as there is time for, and records what was learnt. Answers with
/// how far it got.
pub(super) async fn scan(
    ports: &Ports<'_>,
    plans: Vec<(CaArn, Plan)>,
    now: OffsetDateTime,
    failures: &mut Vec<CheckFailure>,
) -> Vec<CertificatesOf> {
    let seen = see(ports, &plans).await;
    let learnt = plans.iter().zip(seen).map(async |((ca, plan), mut seen)| {
        let mut steps: Vec<CheckError> = seen.failure.take().into_iter().collect();
        let mut progress = plan.known.clone();
        if plan.teaches(seen.scanned) {
            let learn = |state: &mut AuditState| state.learn_certificates(plan, &seen, now);
            match audit_state::update(ports.evidence, &keys::audited_ca(ca.id()), learn).await {
                Ok(state) => progress = state.certificate_scan,
                Err(step) => steps.push(step),
            }
        }
        let left = plan.left().saturating_sub(seen.scanned as u64);
        let scanned = progress.map(|progress| progress.report(Some(left), now));
        let failed = |step| CheckFailure { resource: ca.to_string(), step };
        let failed: Vec<_> = steps.into_iter().map(failed).collect();
        (CertificatesOf { ca: ca.clone(), valid: plan.valid(), left, scanned }, failed)
    });
    let mut all = Vec::new();
    for (of, failed) in in_order(AT_ONCE, learnt).await {
        all.push(of);
        failures.extend(failed);
    }
    all
}

async fn see(ports: &Ports<'_>, plans: &[(CaArn, Plan)]) -> Vec<Seen> {
    let mut seen: Vec<Seen> = plans.iter().map(|_| Seen::default()).collect();
    let mut begun = vec![0; plans.len()];
    let mut work_items = work_items(plans);
    let mut pause = Duration::ZERO;
    loop {
        let mut batch = Vec::new();
        for of in work_items.by_ref().filter(|of| !seen[*of].is_over).take(A_SECOND) {
            batch.push((of, &plans[of].1.list[begun[of]]));
            begun[of] += 1;
        }
        if batch.is_empty() || ports.pace.pause(pause).await.is_err() {
            return seen;
        }
        pause = Duration::SECOND;
        let calls = batch.iter().map(async |(of, candidate)| {
            let serial = candidate.place.serial.as_deref().unwrap_or_default();
            ports.issued.issued(&plans[*of].0, serial).await
        });
        let answers = in_order(A_SECOND, calls).await;
        let is_throttled =
            answers.iter().any(|answer| matches!(answer, Err(PortError::Throttled { .. })));
        for ((of, candidate), answer) in batch.into_iter().zip(answers) {
            seen[of].add(answer, candidate.not_after);
        }
        // After a throttling the scan goes on in an hour.
        if is_throttled {
            return seen;
        }
    }
}

/// The CA of each call: one certificate of each CA in turn, and the newer ones of all CAs first. So
/// a CA with millions does not keep the others waiting.
fn work_items(plans: &[(CaArn, Plan)]) -> impl Iterator<Item = usize> {
    let newer: fn(&Plan) -> usize = |plan| plan.newer_listed;
    let older: fn(&Plan) -> usize = |plan| plan.list.len() - plan.newer_listed;
    let work_items = [newer, older].into_iter().flat_map(move |listed| {
        let rounds = plans.iter().map(|(_, plan)| listed(plan)).max().unwrap_or_default();
        let of_round =
            move |round| (0..plans.len()).filter(move |of| round < listed(&plans[*of].1));
        (0..rounds).flat_map(of_round)
    });
    work_items.take(MAX_A_RUN)
}

impl Seen {
    fn add(&mut self, answer: Result<String, PortError>, not_after: i64) {
        // Behind one that was not read, nothing may be claimed.
        if self.is_over {
            return;
        }
        let certificate = match answer {
            Ok(pem) => Certificate::from_pem(&pem).ok().filter(Certificate::is_whole),
            Err(PortError::NotFound { .. }) => None,
            // Throttled, or the CA was deleted meanwhile: the next run sees.
            Err(PortError::InvalidState { .. } | PortError::Throttled { .. }) => {
                self.is_over = true;
                return;
            }
            Err(error) => {
                self.failure = Some(CheckError::Issued(error));
                self.is_over = true;
                return;
            }
        };
        self.scanned += 1;
        match certificate {
            None => self.unknown_until = self.unknown_until.max(Some(not_after)),
            Some(certificate) => {
                self.traits.add(&certificate);
                for url in certificate.distribution_points {
                    let until = self.points.entry(url).or_insert(not_after);
                    *until = not_after.max(*until);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
