//! The service's events, in the shapes that the real service gives to EventBridge.

use std::sync::Arc;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{model::arn::CaArn, x509::moment::in_utc};

/// Takes EventBridge events in the full envelope (`version`, `id`, `detail-type`, `source`,
/// `account`, `time`, `region`, `resources`, `detail`). Called while a request is being answered:
/// it hands the event on and returns, it never waits for who receives it.
pub trait EventSink: Send + Sync {
    /// Takes one event, and must not block.
    fn deliver(&self, event: Value);
}

/// Drops every event.
pub struct NoEvents;

impl EventSink for NoEvents {
    fn deliver(&self, _event: Value) {}
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn deliver(&self, event: Value) {
        (**self).deliver(event);
    }
}

/// The service's own events ("Monitoring AWS Private CA with CloudWatch Events" in its user guide).
/// There is none for deletion, restoration, update, import or expiry: those show in CloudTrail.
#[derive(Clone, Debug)]
pub(crate) enum ServiceEvent {
    AuditReportGeneration { report_id: String, succeeded: bool },
    CaCreation { succeeded: bool },
    CertificateIssuance { certificate_arn: String, succeeded: bool },
    CertificateRevocation { certificate_arn: String },
    CrlGeneration { failure: Option<CrlFailure> },
}

/// The three reasons that the service gives, word for word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrlFailure {
    BucketPermissions,
    S3Internal,
    Signing,
}

impl CrlFailure {
    fn reason(self) -> &'static str {
        match self {
            Self::BucketPermissions => {
                "Failed to write CRL to S3. Check your S3 bucket permissions."
            }
            Self::S3Internal => "Failed to write CRL to S3. Internal failure.",
            Self::Signing => "Failed to generate CRL. Internal failure.",
        }
    }
}

/// One of them, with the CA that it is about and when it happened.
pub(crate) struct Happened {
    pub(crate) ca: CaArn,
    pub(crate) event: ServiceEvent,
    pub(crate) at: OffsetDateTime,
}

impl Happened {
    /// As EventBridge delivers it.
    pub(crate) fn event(&self) -> Value {
        service_event(&self.ca, &self.event, self.at)
    }
}

pub(crate) fn service_event(ca: &CaArn, event: &ServiceEvent, now: OffsetDateTime) -> Value {
    let (detail_type, about, succeeded) = match event {
        ServiceEvent::AuditReportGeneration { report_id, succeeded } => {
            ("ACM Private CA Audit Report Generation", Some(report_id), *succeeded)
        }
        ServiceEvent::CaCreation { succeeded } => ("ACM Private CA Creation", None, *succeeded),
        ServiceEvent::CertificateIssuance { certificate_arn, succeeded } => {
            ("ACM Private CA Certificate Issuance", Some(certificate_arn), *succeeded)
        }
        ServiceEvent::CertificateRevocation { certificate_arn } => {
            ("ACM Private CA Certificate Revocation", Some(certificate_arn), true)
        }
        ServiceEvent::CrlGeneration { failure } => {
            ("ACM Private CA CRL Generation", None, failure.is_none())
        }
    };
    let mut detail = json!({"result": if succeeded { "success" } else { "failure" }});
    if let ServiceEvent::CrlGeneration { failure: Some(failure) } = event {
        detail["reason"] = json!(failure.reason());
    }
    let resources: Vec<String> = std::iter::once(ca.to_string()).chain(about.cloned()).collect();
    envelope(detail_type, &ca.account, &ca.region, &resources, detail, now)
}

pub(crate) fn envelope(
    detail_type: &str,
    account: &str,
    region: &str,
    resources: &[String],
    detail: Value,
    now: OffsetDateTime,
) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": detail_type,
        "source": "aws.acm-pca",
        "account": account,
        "time": instant(now),
        "region": region,
        "resources": resources,
        "detail": detail,
    })
}

/// Events carry whole seconds.
pub(crate) fn instant(at: OffsetDateTime) -> String {
    in_utc(at).truncate_to_second().format(&Rfc3339).expect("years 0 to 9999 have an RFC 3339 form")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_failed_crl_generation_says_why_in_the_services_words() {
        let ca =
            CaArn::parse("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/5230e14a")
                .unwrap();
        let failed = ServiceEvent::CrlGeneration { failure: Some(CrlFailure::BucketPermissions) };
        let event = service_event(&ca, &failed, datetime!(2019-11-07 23:01:25.5 UTC));
        assert_eq!(event["detail-type"], "ACM Private CA CRL Generation");
        assert_eq!(event["time"], "2019-11-07T23:01:25Z");
        assert_eq!(event["resources"], json!([ca.to_string()]));
        assert_eq!(
            event["detail"],
            json!({
                "result": "failure",
                "reason": "Failed to write CRL to S3. Check your S3 bucket permissions.",
            })
        );
    }
}
