//! All operations in all states of a CA, sent by the real SDK.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{
        ActionType, AuditReportResponseFormat, CertificateAuthorityStatus as Status,
        CertificateAuthorityType as Type, FailureReason, RevocationReason, SigningAlgorithm, Tag,
    },
};
use pca_local::{Faults, PcaLocal, Timings};
use testkit::{pca::*, s3::S3};
use time::Duration;

const STATES: [Status; 7] = [
    Status::Creating,
    Status::PendingCertificate,
    Status::Active,
    Status::Disabled,
    Status::Expired,
    Status::Failed,
    Status::Deleted,
];

/// Columns as in [`STATES`]. `y` answered, `n` InvalidStateException, `p`
/// RequestInProgressException, `r` ResourceNotFoundException: there is no such thing in this state,
/// `s` InvalidRequestException: the only certificate there is is self-signed.
const TABLE: [(&str, &str); 23] = [
    ("CreateCertificateAuthority", "yyyyyyy"),
    ("CreateCertificateAuthorityAuditReport", "nnyynnn"),
    ("CreatePermission", "nyyyynn"),
    ("DeleteCertificateAuthority", "yynyyyn"),
    ("DeletePermission", "nyyyynn"),
    ("DeletePolicy", "nyyyynn"),
    ("DescribeCertificateAuthority", "yyyyyyy"),
    ("DescribeCertificateAuthorityAuditReport", "rryyyry"),
    ("GetCertificate", "nyyyynn"),
    ("GetCertificateAuthorityCertificate", "nnyyynn"),
    ("GetCertificateAuthorityCsr", "pyyyynn"),
    ("GetPolicy", "nyyyynn"),
    ("ImportCertificateAuthorityCertificate", "nyyyynn"),
    ("IssueCertificate", "nnynnnn"),
    ("ListCertificateAuthorities", "yyyyyyy"),
    ("ListPermissions", "nyyyynn"),
    ("ListTags", "nyyyynn"),
    ("PutPolicy", "nyyyynn"),
    ("RestoreCertificateAuthority", "nnnnnny"),
    ("RevokeCertificate", "nsyynnn"),
    ("TagCertificateAuthority", "nyyyynn"),
    ("UntagCertificateAuthority", "nyyyynn"),
    ("UpdateCertificateAuthority", "nnyynnn"),
];

#[tokio::test]
async fn each_operation_is_answered_or_refused_as_the_state_says() {
    let mut wrong = Vec::new();
    for (operation, row) in TABLE {
        for (state, want) in STATES.iter().zip(row.chars()) {
            let world = World::in_state(state).await;
            let got = world.call(operation).await;
            if got != want.to_string() {
                wrong.push(format!("{operation} in {state}: {got}, not {want}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A root CA in one state, with everything that it can have there.
struct World {
    client: Client,
    service: PcaLocal,
    ca: String,
    /// The CA's own, good for ten years.
    certificate: Blob,
    /// One that it has issued; its own, where it has issued no other.
    issued: String,
    report: String,
    csr: Blob,
}

impl World {
    async fn in_state(state: &Status) -> Self {
        let service = builder().s3(S3::default().client()).build();
        let client = client(&service, "alice");
        match state {
            Status::Creating => {
                let timings = "immediate,creation=polls:9".parse::<Timings>().unwrap();
                service.set_timings(timings);
            }
            Status::Failed => {
                let creation = Some(FailureReason::Other);
                service.set_faults(Faults { creation, ..Faults::default() }).unwrap();
            }
            _ => {}
        }
        let ca = create(&client, Type::Root, "Root").await;
        let mut world = Self {
            issued: format!("{ca}/certificate/{:032x}", 1),
            report: "5a2b6b4e-0000-4000-8000-000000000000".to_owned(),
            certificate: Blob::new("none"),
            csr: Blob::new("none"),
            client,
            service,
            ca,
        };
        if !matches!(state, Status::Creating | Status::Failed) {
            world.prepare().await;
            world.bring_to(state).await;
        }
        assert_eq!(status(&world.client, &world.ca).await, *state);
        world
    }

    /// What a CA can have from PENDING_CERTIFICATE on.
    async fn prepare(&mut self) {
        let Self { client, ca, .. } = self;
        let csr = csr(client, ca).await;
        self.issued = issue(client, ca, csr.clone(), "RootCACertificate", years(10)).await;
        self.certificate = Blob::new(certificate(client, ca, &self.issued).await.0);
        self.csr = csr;
        for operation in ["PutPolicy", "CreatePermission", "TagCertificateAuthority"] {
            assert_eq!(self.call(operation).await, "y", "{operation}");
        }
    }

    async fn bring_to(&mut self, state: &Status) {
        if *state == Status::PendingCertificate {
            return;
        }
        let Self { client, ca, csr, .. } = self;
        let short = issue(client, ca, csr.clone(), "RootCACertificate", years(1)).await;
        let short = certificate(client, ca, &short).await.0;
        client
            .import_certificate_authority_certificate()
            .certificate_authority_arn(&*ca)
            .certificate(Blob::new(short))
            .send()
            .await
            .unwrap();
        let leaf = validity("DAYS".into(), 30);
        self.issued = issue(client, ca, csr.clone(), "EndEntityCertificate", leaf).await;
        let report = client
            .create_certificate_authority_audit_report()
            .certificate_authority_arn(&*ca)
            .s3_bucket_name("reports")
            .audit_report_response_format(AuditReportResponseFormat::Json)
            .send()
            .await;
        self.report = report.unwrap().audit_report_id.unwrap();
        self.service.timeline().advance_to(START + Duration::HOUR).await;
        match state {
            Status::Expired => {
                self.service.timeline().advance_to(START + Duration::days(367)).await;
            }
            Status::Disabled | Status::Deleted => {
                set_status(&self.client, &self.ca, Status::Disabled).await;
            }
            _ => {}
        }
        if *state == Status::Deleted {
            assert_eq!(self.call("DeleteCertificateAuthority").await, "y");
        }
    }

    async fn call(&self, operation: &str) -> String {
        match operation {
            "CreatePermission"
            | "DeletePermission"
            | "DeletePolicy"
            | "GetPolicy"
            | "ListPermissions"
            | "ListTags"
            | "PutPolicy"
            | "TagCertificateAuthority"
            | "UntagCertificateAuthority" => self.call_about_metadata(operation).await,
            "CreateCertificateAuthorityAuditReport"
            | "DescribeCertificateAuthorityAuditReport"
            | "GetCertificate"
            | "GetCertificateAuthorityCertificate"
            | "IssueCertificate"
            | "RevokeCertificate" => self.call_about_certificates(operation).await,
            _ => self.call_about_life(operation).await,
        }
    }

    async fn call_about_life(&self, operation: &str) -> String {
        let Self { client, ca, .. } = self;
        match operation {
            "CreateCertificateAuthority" => {
                create(client, Type::Root, "Another").await;
                "y".to_owned()
            }
            "DeleteCertificateAuthority" => outcome(
                client.delete_certificate_authority().certificate_authority_arn(ca).send().await,
            ),
            "DescribeCertificateAuthority" => outcome(
                client.describe_certificate_authority().certificate_authority_arn(ca).send().await,
            ),
            "GetCertificateAuthorityCsr" => outcome(
                client.get_certificate_authority_csr().certificate_authority_arn(ca).send().await,
            ),
            "ImportCertificateAuthorityCertificate" => {
                let import = client.import_certificate_authority_certificate();
                let import = import.certificate_authority_arn(ca);
                outcome(import.certificate(self.certificate.clone()).send().await)
            }
            "ListCertificateAuthorities" => {
                outcome(client.list_certificate_authorities().send().await)
            }
            "RestoreCertificateAuthority" => outcome(
                client.restore_certificate_authority().certificate_authority_arn(ca).send().await,
            ),
            "UpdateCertificateAuthority" => {
                let update = client.update_certificate_authority().certificate_authority_arn(ca);
                outcome(update.status(Status::Disabled).send().await)
            }
            _ => panic!("{operation}"),
        }
    }

    async fn call_about_certificates(&self, operation: &str) -> String {
        let Self { client, ca, .. } = self;
        match operation {
            "CreateCertificateAuthorityAuditReport" => {
                let report = client.create_certificate_authority_audit_report();
                let report = report.certificate_authority_arn(ca).s3_bucket_name("reports");
                let json = AuditReportResponseFormat::Json;
                outcome(report.audit_report_response_format(json).send().await)
            }
            "DescribeCertificateAuthorityAuditReport" => {
                let report = client.describe_certificate_authority_audit_report();
                let report = report.certificate_authority_arn(ca).audit_report_id(&self.report);
                outcome(report.send().await)
            }
            "GetCertificate" => {
                let get = client.get_certificate().certificate_authority_arn(ca);
                outcome(get.certificate_arn(&self.issued).send().await)
            }
            "GetCertificateAuthorityCertificate" => {
                let get = client.get_certificate_authority_certificate();
                outcome(get.certificate_authority_arn(ca).send().await)
            }
            "IssueCertificate" => {
                let issue = client.issue_certificate().certificate_authority_arn(ca);
                let issue = issue.signing_algorithm(SigningAlgorithm::Sha256Withecdsa);
                let days = validity("DAYS".into(), 1);
                outcome(issue.csr(self.csr.clone()).validity(days).send().await)
            }
            "RevokeCertificate" => {
                let revoke = client.revoke_certificate().certificate_authority_arn(ca);
                let serial = self.issued.rsplit('/').next().unwrap();
                let revoke = revoke.certificate_serial(serial);
                outcome(revoke.revocation_reason(RevocationReason::Superseded).send().await)
            }
            _ => panic!("{operation}"),
        }
    }

    async fn call_about_metadata(&self, operation: &str) -> String {
        let Self { client, ca, .. } = self;
        let tag = Tag::builder().key("team").value("pki").build().unwrap();
        match operation {
            "CreatePermission" => {
                // Another account's, so that the first is not in its way.
                let create = client.create_permission().certificate_authority_arn(ca);
                let create =
                    create.principal("acm.amazonaws.com").actions(ActionType::GetCertificate);
                let first = create.clone().send().await;
                match first {
                    Err(error) if error.code() == Some("PermissionAlreadyExistsException") => {
                        outcome(create.source_account("444455556666").send().await)
                    }
                    first => outcome(first),
                }
            }
            "DeletePermission" => {
                let delete = client.delete_permission().certificate_authority_arn(ca);
                outcome(delete.principal("acm.amazonaws.com").send().await)
            }
            "DeletePolicy" => outcome(client.delete_policy().resource_arn(ca).send().await),
            "GetPolicy" => outcome(client.get_policy().resource_arn(ca).send().await),
            "ListPermissions" => {
                outcome(client.list_permissions().certificate_authority_arn(ca).send().await)
            }
            "ListTags" => outcome(client.list_tags().certificate_authority_arn(ca).send().await),
            "PutPolicy" => {
                let policy = format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
                    "Principal":{{"AWS":"444455556666"}},"Resource":"{ca}","Action":[
                    "acm-pca:DescribeCertificateAuthority","acm-pca:GetCertificate",
                    "acm-pca:GetCertificateAuthorityCertificate","acm-pca:ListPermissions",
                    "acm-pca:ListTags"]}}]}}"#
                );
                outcome(client.put_policy().resource_arn(ca).policy(policy).send().await)
            }
            "TagCertificateAuthority" => {
                let change = client.tag_certificate_authority().certificate_authority_arn(ca);
                outcome(change.tags(tag).send().await)
            }
            "UntagCertificateAuthority" => {
                let change = client.untag_certificate_authority().certificate_authority_arn(ca);
                outcome(change.tags(tag).send().await)
            }
            _ => panic!("{operation}"),
        }
    }
}

fn outcome<T, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let Err(error) = result else { return "y".to_owned() };
    match error.code() {
        Some("InvalidRequestException") => "s".to_owned(),
        Some("InvalidStateException") => "n".to_owned(),
        Some("RequestInProgressException") => "p".to_owned(),
        Some("ResourceNotFoundException") => "r".to_owned(),
        other => format!("{other:?} {:?}", error.message()),
    }
}
