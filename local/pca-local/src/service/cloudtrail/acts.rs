//! CloudTrail records of what the service does by itself: AwsServiceEvents.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::details::Details;
use crate::{model::arn::CaArn, service::events};

const SERVICE: &str = "acm-pca.amazonaws.com";

/// Named as in "Logging AWS Private CA API calls using AWS CloudTrail" of the user guide.
pub(crate) enum Act {
    GenerateCrl,
    /// About certificates by their ARNs.
    GenerateOcspResponse {
        certificates: Vec<String>,
    },
    IssueCertificateDetails(Box<Details>),
    SignCaCsr,
    SignCertificate {
        serial: [u8; 16],
    },
    SignCrl,
    SignOcspResponse,
}

impl Act {
    fn name(&self) -> &'static str {
        match self {
            Self::GenerateCrl => "GenerateCRL",
            Self::GenerateOcspResponse { .. } => "GenerateOCSPResponse",
            Self::IssueCertificateDetails(_) => "IssueCertificateDetails",
            Self::SignCaCsr => "SignCACSR",
            Self::SignCertificate { .. } => "SignCertificate",
            Self::SignCrl => "SignCRL",
            Self::SignOcspResponse => "SignOCSPResponse",
        }
    }

    fn resources(&self, ca: &CaArn) -> Value {
        let authority = json!({"type": "AWS::ACMPCA::CertificateAuthority", "ARN": ca.to_string()});
        let certificate = |arn: &str| json!({"type": "AWS::ACMPCA::Certificate", "ARN": arn});
        match self {
            Self::GenerateOcspResponse { certificates } => {
                certificates.iter().map(|arn| certificate(arn)).collect()
            }
            Self::IssueCertificateDetails(details) => {
                let mut named =
                    [authority, certificate(&ca.certificate_with(details.issued.serial))];
                // The guide's examples of the other records, which are older, name no account.
                for resource in &mut named {
                    resource["accountId"] = json!(ca.account);
                }
                json!(named)
            }
            Self::SignCertificate { serial } => {
                json!([authority, certificate(&ca.certificate_with(*serial))])
            }
            Self::GenerateCrl | Self::SignCaCsr | Self::SignCrl | Self::SignOcspResponse => {
                json!([authority])
            }
        }
    }

    /// The record for each account that gets it, as EventBridge delivers it. "When a certificate is issued
    /// from a shared CA", IssueCertificateDetails goes to the CA's owner and to the requester.
    pub(crate) fn events(&self, ca: &CaArn, now: OffsetDateTime) -> Vec<Value> {
        let requester = match self {
            Self::IssueCertificateDetails(details) => Some(&details.issued.account),
            _ => None,
        };
        let other = requester.filter(|requester| **requester != ca.account);
        let accounts = std::iter::once(&ca.account).chain(other);
        accounts.map(|account| self.event(ca, account, now)).collect()
    }

    fn event(&self, ca: &CaArn, recipient: &str, now: OffsetDateTime) -> Value {
        let CaArn { account, region, .. } = ca;
        let mut record = json!({
            "eventVersion": "1.08",
            "userIdentity": {"accountId": account, "invokedBy": SERVICE},
            "eventTime": events::instant(now),
            "eventSource": SERVICE,
            "eventName": self.name(),
            "awsRegion": region,
            "sourceIPAddress": SERVICE,
            "userAgent": SERVICE,
            "requestParameters": Value::Null,
            "responseElements": Value::Null,
            "eventID": uuid::Uuid::new_v4().to_string(),
            "readOnly": false,
            "resources": self.resources(ca),
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "eventCategory": "Management",
            "recipientAccountId": recipient,
        });
        if let Self::IssueCertificateDetails(details) = self {
            record["eventVersion"] = json!("1.11");
            record["serviceEventDetails"] = details.to_json();
        }
        events::envelope("AWS Service Event via CloudTrail", recipient, region, &[], record, now)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/5230e14a";
    const SERIAL: &str = "00000000000000000000000000001234";

    /// The record, and the envelope around it, less the two ids, which are random.
    fn parts(act: &Act) -> (Value, Value) {
        let ca = CaArn::parse(CA).unwrap();
        let mut event = act.events(&ca, datetime!(2021-02-09 17:37:45.6 UTC)).remove(0);
        let mut record = event["detail"].take();
        for (of, name) in [(&mut event, "id"), (&mut record, "eventID")] {
            let id = of.as_object_mut().unwrap().remove(name).unwrap();
            assert!(uuid::Uuid::parse_str(id.as_str().unwrap()).is_ok(), "{id}");
        }
        (event, record)
    }

    #[test]
    fn each_act_has_its_name_and_what_it_was_done_to() {
        let authority = json!({"type": "AWS::ACMPCA::CertificateAuthority", "ARN": CA});
        let arn = format!("{CA}/certificate/{SERIAL}");
        let certificate = json!({"type": "AWS::ACMPCA::Certificate", "ARN": arn});
        let serial = 0x1234_u128.to_be_bytes();
        for (act, name, resources) in [
            (Act::GenerateCrl, "GenerateCRL", json!([authority])),
            (
                Act::GenerateOcspResponse { certificates: vec![arn.clone()] },
                "GenerateOCSPResponse",
                json!([certificate]),
            ),
            (Act::SignCaCsr, "SignCACSR", json!([authority])),
            (Act::SignCertificate { serial }, "SignCertificate", json!([authority, certificate])),
            (Act::SignCrl, "SignCRL", json!([authority])),
            (Act::SignOcspResponse, "SignOCSPResponse", json!([authority])),
        ] {
            let (envelope, record) = parts(&act);
            let want = json!({
                "version": "0",
                "detail-type": "AWS Service Event via CloudTrail",
                "source": "aws.acm-pca",
                "account": "111122223333",
                "time": "2021-02-09T17:37:45Z",
                "region": "us-east-1",
                "resources": [],
                "detail": null,
            });
            assert_eq!(envelope, want, "{name}");
            let want = json!({
                "eventVersion": "1.08",
                "userIdentity": {"accountId": "111122223333", "invokedBy": "acm-pca.amazonaws.com"},
                "eventTime": "2021-02-09T17:37:45Z",
                "eventSource": "acm-pca.amazonaws.com",
                "eventName": name,
                "awsRegion": "us-east-1",
                "sourceIPAddress": "acm-pca.amazonaws.com",
                "userAgent": "acm-pca.amazonaws.com",
                "requestParameters": null,
                "responseElements": null,
                "readOnly": false,
                "resources": resources,
                "eventType": "AwsServiceEvent",
                "managementEvent": true,
                "eventCategory": "Management",
                "recipientAccountId": "111122223333",
            });
            assert_eq!(record, want);
        }
    }
}
