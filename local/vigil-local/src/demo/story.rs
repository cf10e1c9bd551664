//! What happens, chapter by chapter. Every sentence that is told has been checked first.

mod insistence;
mod last_moment;
mod lost_event;

use std::{io::Stdout, path::Path, time::Duration as RealDuration};

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, ValidityPeriodType,
};
use time::{Duration, OffsetDateTime};
use vigil_local::Stack;

use super::{
    DemoError,
    bucket::CrlBucket,
    cast::{Person, person},
    keep,
    tell::Teller,
    watch::Watch,
};

mod tampering;

/// The account of callers whose access key names none.
const ACCOUNT: &str = "111122223333";
const CRL_BUCKET: &str = "example-bank-crl";
const ROOT: &str = "RootCACertificate";
const BELOW_ROOT: &str = "SubordinateCACertificate_PathLen0";

pub(super) struct Story<'a> {
    stack: &'a Stack,
    tell: &'a mut Teller<Stdout>,
    watch: Watch,
    alice: Person,
    bob: Person,
    carol: Person,
    mallory: Person,
    evidence_bucket: String,
    crl_bucket: CrlBucket,
    cases: Vec<KeptCase>,
    /// Whether the bucket has policies of its own by now.
    own_policies: bool,
}

/// A verdict that can be explained afterwards.
pub(super) struct KeptCase {
    pub(super) what: String,
    /// Its key in the evidence bucket.
    pub(super) key: String,
    /// Whether the bucket's own policies decided.
    pub(super) own_policies: bool,
}

/// What the last line reports.
pub(super) struct Told {
    /// From the deletion's answer to the CA being back.
    pub(super) restored_in: RealDuration,
    pub(super) findings: usize,
    pub(super) cases: Vec<KeptCase>,
}

/// The CAs of the story, by their ARNs.
struct Hierarchy {
    root: String,
    payments: String,
    legacy: String,
}

impl<'a> Story<'a> {
    pub(super) async fn new(
        stack: &'a Stack,
        tell: &'a mut Teller<Stdout>,
    ) -> Result<Self, DemoError> {
        let endpoint = stack.endpoint();
        let alice = person("alice", endpoint);
        Ok(Self {
            watch: Watch::new(stack.data_dir()),
            evidence_bucket: alice.bucket_named("vigil-evidence-").await?,
            alice,
            bob: person("bob", endpoint),
            carol: person("carol", endpoint),
            mallory: person("mallory", endpoint),
            crl_bucket: CrlBucket::new(CRL_BUCKET, ACCOUNT),
            cases: Vec::new(),
            own_policies: false,
            stack,
            tell,
        })
    }

    /// Plays it, and keeps what there is even when it does not end well.
    pub(super) async fn run(mut self, out: &Path) -> Result<Told, DemoError> {
        let ended = self.play().await;
        self.watch.news()?;
        keep::findings(self.watch.all(), out)?;
        keep::evidence(&self.alice, &self.evidence_bucket, out).await?;
        let restored_in = ended?;
        Ok(Told { restored_in, findings: self.watch.all().len(), cases: self.cases })
    }

    async fn play(&mut self) -> Result<RealDuration, DemoError> {
        let cas = self.hierarchy().await?;
        self.certificates(&cas).await?;
        self.tampering(&cas).await?;
        let restored_in = self.accident(&cas).await?;
        self.approved_deletion(&cas).await?;
        let archive = self.forgotten(&cas.root).await?;
        self.fight(&cas.root).await?;
        self.lost_event(&cas.root).await?;
        self.broken_bucket().await?;
        self.window_ends(&cas).await?;
        self.last_moment(&archive).await?;
        self.reports(&cas).await?;
        Ok(restored_in)
    }

    async fn hierarchy(&mut self) -> Result<Hierarchy, DemoError> {
        self.tell.chapter("1. A hierarchy is built")?;
        self.crl_bucket.create(&self.alice).await?;
        self.act("alice", "creates a private bucket for CRLs; ACM PCA may write to it")?;
        let alice = &self.alice;
        let root = alice.create_ca(Kind::Root, "Example Bank Root CA", None).await?;
        alice.activate(&root, &root, ROOT, 10).await?;
        let payments =
            alice.create_ca(Kind::Subordinate, "Payments Issuing CA", Some(CRL_BUCKET)).await?;
        alice.activate(&payments, &root, BELOW_ROOT, 5).await?;
        let legacy = alice.create_ca(Kind::Subordinate, "Legacy Issuing CA", None).await?;
        alice.activate(&legacy, &root, BELOW_ROOT, 5).await?;
        // Before the CA existed, its ARN could not stand in the policy.
        self.crl_bucket.narrow_to(&payments);
        self.crl_bucket.mend_policy(alice).await?;
        let cas = Hierarchy { root, payments, legacy };
        for (name, ca) in
            [("the root", &cas.root), ("Payments", &cas.payments), ("Legacy", &cas.legacy)]
        {
            self.act("alice", &format!("creates {name} CA: {}", id(ca)))?;
            self.expect_status(ca, Some(Status::Active), &format!("{name} CA is ACTIVE")).await?;
        }
        self.act("alice", "narrows the bucket's policy to Payments CA")?;
        Ok(cas)
    }

    async fn certificates(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.tell.chapter("2. Certificates are issued, one is revoked")?;
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
        self.act("alice", "revokes api.bank.example: its key was in a public repository")?;
        // The service publishes a revocation after about half an hour; the hourly audit follows.
        self.pass(Duration::hours(2)).await?;
        let key = format!("crl/{}.crl", id(&cas.payments));
        let crl = self.alice.object(CRL_BUCKET, &key).await?;
        self.expect(
            !crl.is_empty(),
            &format!("the CRL is in s3://{CRL_BUCKET}/{key} ({} bytes)", crl.len()),
        )?;
        let audits = self.succeeded("crl-audit");
        self.expect(
            audits >= 2 && self.watch.total() == 0,
            &format!("crl-audit has looked {audits} times and found nothing wrong"),
        )
    }

    async fn accident(&mut self, cas: &Hierarchy) -> Result<RealDuration, DemoError> {
        self.tell.chapter("3. Somebody deletes the wrong CA")?;
        self.bob.set_status(&cas.payments, Status::Disabled).await?;
        self.stack.settled().await;
        self.act("bob", "disables Payments CA")?;
        let started = stopwatch();
        self.bob.delete(&cas.payments, 7).await?;
        self.stack.settled().await;
        let restored_in = started.elapsed();
        self.act("bob", "deletes it, with a window of 7 days")?;
        self.tell_news()?;
        self.expect_status(
            &cas.payments,
            Some(Status::Active),
            &format!("auto-restore put it back into service {} ms later", restored_in.as_millis()),
        )
        .await?;
        let prefix = format!("cases/{}/", id(&cas.payments));
        let cases = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(cases.len() == 1, "one case is in the evidence bucket")?;
        self.remember_case("the accident", &cas.payments).await?;

        let before = self.watch.total();
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
        self.tell_news()?;
        let again = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(
            again == cases && self.watch.total() == before,
            "the same event, delivered twice, changes nothing",
        )?;
        Ok(restored_in)
    }

    async fn approved_deletion(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.tell.chapter("4. A deletion that policy permits")?;
        let expires = self.now() + Duration::days(2);
        let approval = serde_json::json!({
            "ca": cas.legacy,
            "approved_by": "carol",
            "reason": "CHG-1042: the legacy estate is gone",
            "expires": rfc3339(expires),
        });
        let key = format!("approvals/{}.json", id(&cas.legacy));
        self.carol.put(&self.evidence_bucket, &key, approval.to_string()).await?;
        self.act("carol", "approves the deletion of Legacy CA, in the evidence bucket")?;
        self.bob.set_status(&cas.legacy, Status::Disabled).await?;
        self.bob.delete(&cas.legacy, 8).await?;
        self.stack.settled().await;
        self.act("bob", "disables and deletes it, with a window of 8 days")?;
        self.tell_news()?;
        self.expect_status(&cas.legacy, Some(Status::Deleted), "the deletion stands").await?;
        self.remember_case("the approved deletion", &cas.legacy).await
    }

    async fn broken_bucket(&mut self) -> Result<(), DemoError> {
        self.tell.chapter("8. Somebody tidies up the CRL bucket's policy")?;
        self.pass(Duration::days(1)).await?;
        self.crl_bucket.break_policy(&self.mallory).await?;
        self.act("mallory", "replaces the bucket's policy: the service may not write any more")?;
        self.pass(Duration::hours(2)).await?;
        self.expect_finding("bucket.service-access", "crl-audit names the broken policy")?;
        self.pass(Duration::days(2)).await?;
        self.expect_finding("crl.next-update", "and the CRL that went stale")?;
        self.crl_bucket.mend_policy(&self.alice).await?;
        self.act("alice", "puts the policy back")?;
        self.pass(Duration::hours(3)).await?;
        let resolved = self.watch.count(|finding| finding["status"] == "RESOLVED");
        self.expect(resolved > 0, "the service writes a fresh CRL, and the findings are resolved")?;
        let accident = self.cases.first().map(|case| case.key.clone());
        let key = accident.ok_or(DemoError::Missing("the accident's case"))?;
        let case = self.alice.object(&self.evidence_bucket, &key).await?;
        self.expect(
            String::from_utf8_lossy(&case).contains("\"act\": \"proven\""),
            "which proves that Payments CA works again: it is in the accident's case",
        )
    }

    async fn window_ends(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.tell.chapter("9. Two windows run down")?;
        self.pass(Duration::days(6)).await?;
        let alerts = self.watch.count(|finding| {
            finding["rule"] == "restore-deadline.threshold"
                && finding["resource"] == cas.legacy.as_str()
        });
        self.expect(
            alerts == 5,
            "restore-deadline alerted once at each of the window's five thresholds",
        )?;
        self.expect_status(&cas.legacy, None, "the window is over: Legacy CA is gone for good")
            .await?;
        self.expect_finding("restore-deadline.gone", "and its end is on record, as announced")?;
        self.expect_status(&cas.payments, Some(Status::Active), "Payments CA is ACTIVE").await
    }

    async fn reports(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.tell.chapter("10. What was issued is on record")?;
        let prefix = format!("summaries/{}/", id(&cas.payments));
        let summaries = self.alice.keys(&self.evidence_bucket, &prefix).await?;
        self.expect(
            !summaries.is_empty(),
            &format!("audit-report summarised {} daily reports of Payments CA", summaries.len()),
        )?;
        let failed = self.stack.invocations().iter().filter(|done| !done.succeeded()).count();
        self.expect(failed == 0, "no invocation of any function failed")
    }

    /// The newest case of a CA, for whoever asks why.
    async fn remember_case(&mut self, what: &str, ca: &str) -> Result<(), DemoError> {
        let keys = self.alice.keys(&self.evidence_bucket, &format!("cases/{}/", id(ca))).await?;
        let key = keys.into_iter().next_back().ok_or(DemoError::Missing("a case"))?;
        let own_policies = self.own_policies;
        self.cases.push(KeptCase { what: what.to_owned(), key, own_policies });
        Ok(())
    }

    /// How often a function has done its work, among the last thousand invocations.
    fn succeeded(&self, function: &str) -> usize {
        let invocations = self.stack.invocations();
        invocations.iter().filter(|done| done.function == function && done.succeeded()).count()
    }

    fn now(&self) -> OffsetDateTime {
        self.stack.timeline().clock().now()
    }

    /// Lets time pass, telling the findings as they come.
    async fn pass(&mut self, by: Duration) -> Result<(), DemoError> {
        let end = self.now() + by;
        while self.now() < end {
            let next = (self.now() + Duration::hours(6)).min(end);
            self.stack.timeline().advance_to(next).await;
            self.tell_news()?;
            self.tell.progress(&clock_face(next))?;
        }
        self.tell.time(&clock_face(end))?;
        Ok(())
    }

    fn tell_news(&mut self) -> Result<(), DemoError> {
        for finding in self.watch.news()? {
            self.tell.finding(&finding)?;
        }
        Ok(())
    }

    fn act(&mut self, who: &str, what: &str) -> Result<(), DemoError> {
        Ok(self.tell.act(who, what)?)
    }

    fn expect(&mut self, is_so: bool, what: &str) -> Result<(), DemoError> {
        if is_so {
            return Ok(self.tell.confirm(what)?);
        }
        self.tell.fail(what)?;
        Err(DemoError::NotAsTold(what.to_owned()))
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
        let found = status.as_ref().map_or("gone", Status::as_str);
        self.expect(false, &format!("{what} (it is {found})"))
    }

    fn expect_finding(&mut self, rule: &str, what: &str) -> Result<(), DemoError> {
        let found = self.watch.count(|finding| finding["rule"] == rule);
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

/// A server's own request, with a key that nobody else sees.
fn csr_for(name: &str) -> Result<Vec<u8>, DemoError> {
    let key = rcgen::KeyPair::generate()?;
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()])?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    Ok(parameters.serialize_request(&key)?.pem()?.into_bytes())
}

#[expect(clippy::disallowed_methods, reason = "the one figure of the story in real time")]
fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}
