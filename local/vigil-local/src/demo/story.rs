//! The chapters of the demo. Each sentence is checked before it is printed.

mod approved;
mod lost_event;
mod overruled;
mod repeated;
mod tampering;

use std::{collections::BTreeSet, io::Stdout, path::Path, time::Duration as RealDuration};

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, ValidityPeriodType,
};
use time::{Duration, OffsetDateTime};
use vigil_local::Stack;

use super::{
    DemoError,
    bucket::CrlBucket,
    cast::{Person, person},
    findings::Findings,
    keep,
    narrator::Narrator,
};

/// The account of a caller whose access key is not an account id.
const ACCOUNT: &str = "111122223333";
const CRL_BUCKET: &str = "example-bank-crl";
pub(super) const ROOT: &str = "RootCACertificate";
const BELOW_ROOT: &str = "SubordinateCACertificate_PathLen0";

pub(super) struct Story<'a> {
    stack: &'a Stack,
    narrator: &'a mut Narrator<Stdout>,
    findings: Findings,
    alice: Person,
    bob: Person,
    mallory: Person,
    evidence_bucket: String,
    crl_bucket: CrlBucket,
    cases: Vec<KeptCase>,
    /// Whether carol has put policies of her own in the evidence bucket.
    own_policies: bool,
}

/// A case whose decision can be explained after the demo.
pub(super) struct KeptCase {
    pub(super) what: String,
    /// Its key in the evidence bucket.
    pub(super) key: String,
    /// Whether policies from the evidence bucket decided, not the built-in one.
    pub(super) own_policies: bool,
}

/// What the last lines report.
pub(super) struct DemoResult {
    /// Real time from the call of DeleteCertificateAuthority to the restored CA.
    pub(super) restored_in: RealDuration,
    /// How often a finding was published.
    pub(super) messages: usize,
    pub(super) findings: usize,
    pub(super) cases: Vec<KeptCase>,
}

/// The ARNs of the CAs that several chapters use.
struct Hierarchy {
    root: String,
    payments: String,
    legacy: String,
}

impl<'a> Story<'a> {
    pub(super) async fn new(
        stack: &'a Stack,
        narrator: &'a mut Narrator<Stdout>,
    ) -> Result<Self, DemoError> {
        let endpoint = stack.endpoint();
        let alice = person("alice", endpoint);
        Ok(Self {
            findings: Findings::new(stack.data_dir()),
            evidence_bucket: alice.bucket_named("vigil-evidence-").await?,
            alice,
            bob: person("bob", endpoint),
            mallory: person("mallory", endpoint),
            crl_bucket: CrlBucket::new(CRL_BUCKET, ACCOUNT),
            cases: Vec::new(),
            own_policies: false,
            stack,
            narrator,
        })
    }

    /// Runs all chapters. Findings and evidence are written to `out` even if a chapter fails.
    pub(super) async fn run(mut self, out: &Path) -> Result<DemoResult, DemoError> {
        let ended = self.play().await;
        self.findings.new_ones()?;
        keep::findings(self.findings.all(), out)?;
        keep::evidence(&self.alice, &self.evidence_bucket, out).await?;
        let restored_in = ended?;
        let messages = self.findings.all();
        let ids: BTreeSet<_> =
            messages.iter().filter_map(|finding| finding["id"].as_str()).collect();
        let (messages, findings) = (messages.len(), ids.len());
        Ok(DemoResult { restored_in, messages, findings, cases: self.cases })
    }

    async fn play(&mut self) -> Result<RealDuration, DemoError> {
        let cas = self.hierarchy().await?;
        self.certificates(&cas).await?;
        self.tampering(&cas).await?;
        let restored_in = self.wrong_deletion(&cas).await?;
        self.approved_deletion(&cas).await?;
        let archive = self.overruled_deletion(&cas.root).await?;
        self.repeated_deletion(&cas.root).await?;
        self.lost_event(&cas.root).await?;
        self.broken_bucket().await?;
        self.window_ends(&cas).await?;
        self.overruled_at_deadline(&archive).await?;
        self.reports(&cas).await?;
        Ok(restored_in)
    }

    async fn hierarchy(&mut self) -> Result<Hierarchy, DemoError> {
        self.narrator.chapter("1. A CA hierarchy is created")?;
        self.crl_bucket.create(&self.alice).await?;
        self.act("alice", "creates a private S3 bucket for CRLs and lets ACM PCA write to it")?;
        let alice = &self.alice;
        let root = alice.create_ca(Kind::Root, "Example Bank Root CA", None).await?;
        alice.activate(&root, &root, ROOT, 10).await?;
        let payments =
            alice.create_ca(Kind::Subordinate, "Payments Issuing CA", Some(CRL_BUCKET)).await?;
        alice.activate(&payments, &root, BELOW_ROOT, 5).await?;
        let legacy = alice.create_ca(Kind::Subordinate, "Legacy Issuing CA", None).await?;
        alice.activate(&legacy, &root, BELOW_ROOT, 5).await?;
        // The policy could not name the CA before the CA existed.
        self.crl_bucket.narrow_to(&payments);
        self.crl_bucket.set_policy(alice).await?;
        let cas = Hierarchy { root, payments, legacy };
        for (name, ca) in
            [("Root", &cas.root), ("Payments", &cas.payments), ("Legacy", &cas.legacy)]
        {
            self.act("alice", &format!("creates the {name} CA: {}", id(ca)))?;
            self.expect_status(ca, Some(Status::Active), &format!("the {name} CA is ACTIVE"))
                .await?;
        }
        self.act("alice", "limits the bucket policy to CRLs of the Payments CA")?;
        Ok(cas)
    }

    async fn certificates(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.narrator.chapter("2. Three certificates are issued and one is revoked")?;
        let mut issued = Vec::new();
        for name in ["www", "api", "mail"] {
            let csr = csr_for(&format!("{name}.bank.example"))?;
            let validity = (ValidityPeriodType::Days, 90);
            let certificate =
                self.alice.issue(&cas.payments, &csr, "EndEntityCertificate", validity).await?;
            self.act("alice", &format!("issues {name}.bank.example, serial {}", id(&certificate)))?;
            issued.push(certificate);
        }
        self.alice.revoke(&cas.payments, &issued[1]).await?;
        self.act("alice", "revokes api.bank.example, because its private key was published")?;
        // ACM PCA publishes a revocation after about 30 minutes. crl-audit then runs hourly.
        self.pass(Duration::hours(2)).await?;
        let key = format!("crl/{}.crl", id(&cas.payments));
        let crl = self.alice.object(CRL_BUCKET, &key).await?;
        self.expect(
            !crl.is_empty(),
            &format!("ACM PCA wrote the CRL to s3://{CRL_BUCKET}/{key} ({} bytes)", crl.len()),
        )?;
        let audits = self.succeeded("vigil-crl-audit");
        self.expect(
            audits >= 2 && self.findings.open() == 0,
            &format!("crl-audit ran {audits} times, and no finding of it is open"),
        )
    }

    async fn wrong_deletion(&mut self, cas: &Hierarchy) -> Result<RealDuration, DemoError> {
        self.narrator.chapter("4. The wrong CA is deleted: Vigil restores it")?;
        self.bob.set_status(&cas.payments, Status::Disabled).await?;
        self.stack.settled().await;
        self.act("bob", "disables the Payments CA")?;
        let started = stopwatch();
        self.bob.delete(&cas.payments, 7).await?;
        self.stack.settled().await;
        let restored_in = started.elapsed();
        self.act("bob", "deletes the Payments CA (it can be restored for 7 days)")?;
        self.print_new_findings()?;
        self.expect_status(
            &cas.payments,
            Some(Status::Active),
            &format!(
                "auto-restore restored the CA and made it ACTIVE again, {} ms after the call",
                restored_in.as_millis()
            ),
        )
        .await?;
        let prefix = format!("cases/{}/", id(&cas.payments));
        let cases = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(cases.len() == 1, "the evidence bucket has one case record of this deletion")?;
        self.keep_case("chapter 4: the wrong CA was deleted", &cas.payments).await?;

        let before = self.findings.total();
        let deletion = self
            .stack
            .events()
            .into_iter()
            .rev()
            .map(|seen| seen.event)
            .find(|event| event["detail"]["eventName"] == "DeleteCertificateAuthority")
            .ok_or(DemoError::Missing("the deletion's event"))?;
        self.stack.deliver(deletion);
        self.stack.settled().await;
        self.print_new_findings()?;
        let again = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(
            again == cases && self.findings.total() == before,
            "EventBridge delivers the same event again, and nothing changes",
        )?;
        Ok(restored_in)
    }

    async fn broken_bucket(&mut self) -> Result<(), DemoError> {
        self.narrator.chapter("9. ACM PCA loses access to the CRL bucket")?;
        self.pass(Duration::days(1)).await?;
        self.crl_bucket.break_policy(&self.mallory).await?;
        self.act("mallory", "replaces the bucket policy, so ACM PCA can no longer write CRLs")?;
        self.pass(Duration::hours(2)).await?;
        self.expect_finding(
            "bucket.service-access",
            "crl-audit reported that the bucket policy refuses ACM PCA",
        )?;
        self.pass(Duration::days(2)).await?;
        self.expect_finding("crl.next-update", "crl-audit reported that the CRL has expired")?;
        self.crl_bucket.set_policy(&self.alice).await?;
        self.act("alice", "restores the bucket policy")?;
        self.pass(Duration::hours(3)).await?;
        let resolved = self.findings.count(|finding| finding["status"] == "RESOLVED");
        self.expect(resolved > 0, "ACM PCA wrote a new CRL, and the findings are RESOLVED")?;
        let restored = self.cases.first().map(|case| case.key.clone());
        let key = restored.ok_or(DemoError::Missing("the case record of chapter 4"))?;
        let case = self.alice.object(&self.evidence_bucket, &key).await?;
        self.expect(
            String::from_utf8_lossy(&case).contains("\"act\": \"first-crl\""),
            "the new CRL proves that the restored Payments CA can sign: its case record says so",
        )
    }

    async fn window_ends(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.narrator.chapter("10. Two restoration windows end")?;
        self.pass(Duration::days(6)).await?;
        let alerts = self.findings.count(|finding| {
            finding["rule"] == "restore-deadline.threshold"
                && finding["resource"] == cas.legacy.as_str()
        });
        self.expect(
            alerts == 5,
            "restore-deadline sent one alert at each of five thresholds before the window's end",
        )?;
        self.expect_status(
            &cas.legacy,
            None,
            "the Legacy CA, whose deletion was approved, is permanently deleted",
        )
        .await?;
        self.expect_finding(
            "restore-deadline.gone",
            "restore-deadline reported the permanent deletion",
        )?;
        self.expect_status(&cas.payments, Some(Status::Active), "the Payments CA is still ACTIVE")
            .await
    }

    async fn reports(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.narrator.chapter("11. Audit reports")?;
        let prefix = format!("summaries/{}/", id(&cas.payments));
        let summaries = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(
            !summaries.is_empty(),
            &format!(
                "audit-report summarised {} daily reports of the Payments CA",
                summaries.len()
            ),
        )?;
        let failed = self.stack.invocations().iter().filter(|done| !done.succeeded()).count();
        self.expect(failed == 0, "no function invocation failed")
    }

    /// Keeps the newest case of a CA, to be explained after the demo.
    async fn keep_case(&mut self, what: &str, ca: &str) -> Result<(), DemoError> {
        let keys = self.alice.keys(&self.evidence_bucket, &format!("cases/{}/", id(ca))).await?;
        let key = keys.into_iter().next_back().ok_or(DemoError::Missing("a case record"))?;
        let own_policies = self.own_policies;
        self.cases.push(KeptCase { what: what.to_owned(), key, own_policies });
        Ok(())
    }

    /// The number of successful invocations of a function, among the last thousand of all.
    fn succeeded(&self, function: &str) -> usize {
        let invocations = self.stack.invocations();
        invocations.iter().filter(|done| done.function == function && done.succeeded()).count()
    }

    fn now(&self) -> OffsetDateTime {
        self.stack.timeline().clock().now()
    }

    /// Advances the clock and prints findings as they are published.
    async fn pass(&mut self, by: Duration) -> Result<(), DemoError> {
        let end = self.now() + by;
        while self.now() < end {
            let next = (self.now() + Duration::hours(6)).min(end);
            self.stack.timeline().advance_to(next).await;
            self.print_new_findings()?;
            self.narrator.progress(&clock_face(next))?;
        }
        self.narrator.time(&clock_face(end))?;
        Ok(())
    }

    fn print_new_findings(&mut self) -> Result<(), DemoError> {
        for finding in self.findings.new_ones()? {
            self.narrator.finding(&finding)?;
        }
        Ok(())
    }

    fn act(&mut self, who: &str, what: &str) -> Result<(), DemoError> {
        Ok(self.narrator.act(who, what)?)
    }

    fn expect(&mut self, is_so: bool, what: &str) -> Result<(), DemoError> {
        if is_so {
            return Ok(self.narrator.confirm(what)?);
        }
        self.narrator.fail(what)?;
        Err(DemoError::Unexpected(what.to_owned()))
    }

    async fn expect_status(
        &mut self,
        ca: &str,
        want: Option<Status>,
        what: &str,
    ) -> Result<(), DemoError> {
        let status = self.alice.status(ca).await?;
        if status == want {
            return self.expect(true, what);
        }
        let found = status.as_ref().map_or("permanently deleted", Status::as_str);
        self.expect(false, &format!("{what} (it is {found})"))
    }

    fn expect_finding(&mut self, rule: &str, what: &str) -> Result<(), DemoError> {
        let found = self.findings.count(|finding| finding["rule"] == rule);
        self.expect(found > 0, what)
    }
}

/// The last part of an ARN.
fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn clock_face(at: OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short] [year]-[month]-[day] [hour]:[minute]"
    );
    at.format(&format).unwrap_or_default()
}

fn rfc3339(at: OffsetDateTime) -> String {
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

/// The PEM CSR of a server, with a new key that is not kept.
fn csr_for(name: &str) -> Result<Vec<u8>, DemoError> {
    let key = rcgen::KeyPair::generate()?;
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()])?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    Ok(parameters.serialize_request(&key)?.pem()?.into_bytes())
}

#[expect(clippy::disallowed_methods, reason = "the one figure of the demo in real time")]
fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}
