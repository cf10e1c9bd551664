//! What is said of things that are not there yet.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Type,
};
use pca_local::PcaLocal;
use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};
use time::Duration;

use super::{refusal, refused};

/// linkerd/linkerd2#2622 and CartoDB/cartodb#15570 have the words.
#[tokio::test]
async fn an_issuance_that_waits_or_failed_says_so() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let request = csr(&client, &ca).await;
    service.set_timings("immediate,issuance=polls:1".parse().unwrap());
    let arn = issue(&client, &ca, request.clone(), "EndEntityCertificate", years(1)).await;
    let get = |arn: &str| json!({"CertificateAuthorityArn": ca, "CertificateArn": arn});
    let words =
        format!("The request to issue certificate {arn} is still in progress. Try again later.");
    let got = refusal(&service, "GetCertificate", &get(&arn)).await;
    assert_eq!(got, refused("RequestInProgressException", &words));
    assert_eq!(refusal(&service, "GetCertificate", &get(&arn)).await, None);

    service.set_timings("immediate".parse().unwrap());
    service.set_faults(pca_local::Faults { issuance: true, ..Default::default() }).unwrap();
    let arn = issue(&client, &ca, request, "EndEntityCertificate", years(1)).await;
    let got = refusal(&service, "GetCertificate", &get(&arn)).await;
    let words = format!("Certificate {arn} is in a failed state.");
    assert_eq!(got, refused("RequestFailedException", &words));
}

/// Without a timing, as a program meets AWS: asked at once, each thing is not there yet.
#[tokio::test]
async fn by_default_each_thing_is_told_to_wait_for_once() {
    let timeline = pca_local::Timeline::new(pca_local::Clock::frozen_at(START));
    let service = PcaLocal::builder().timeline(timeline).s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let codes = async |operation: &str, request: &Value| {
        let mut codes = Vec::new();
        for _ in 0..2 {
            let refused = refusal(&service, operation, request).await;
            codes.push(refused.map(|(code, _)| code).unwrap_or_default());
        }
        codes
    };
    let once = ["RequestInProgressException", ""];
    let ca = create(&client, Type::Root, "Root").await;
    let of_ca = json!({"CertificateAuthorityArn": ca});
    assert_eq!(codes("GetCertificateAuthorityCsr", &of_ca).await, once);
    let request = csr(&client, &ca).await;
    let arn = issue(&client, &ca, request, "RootCACertificate", years(1)).await;
    let get = json!({"CertificateAuthorityArn": ca, "CertificateArn": arn});
    assert_eq!(codes("GetCertificate", &get).await, once);
    let own = certificate(&client, &ca, &arn).await.0;
    let import = client.import_certificate_authority_certificate().certificate_authority_arn(&ca);
    import.certificate(aws_sdk_acmpca::primitives::Blob::new(own)).send().await.unwrap();

    let report = json!({
        "CertificateAuthorityArn": ca, "S3BucketName": "reports", "AuditReportResponseFormat": "JSON",
    });
    let (_, report) = call(&service, "CreateCertificateAuthorityAuditReport", &report).await;
    let describe = json!({
        "CertificateAuthorityArn": ca, "AuditReportId": report["AuditReportId"],
    });
    for want in ["CREATING", "SUCCESS"] {
        let (_, got) = call(&service, "DescribeCertificateAuthorityAuditReport", &describe).await;
        assert_eq!(got["AuditReportStatus"], want);
    }
    // What no client asks for is there after two seconds.
    let unasked = create(&client, Type::Root, "Unasked").await;
    service.timeline().advance_to(START + Duration::seconds(2)).await;
    assert_eq!(status(&client, &unasked).await, Status::PendingCertificate);
}
