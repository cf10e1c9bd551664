//! What the targets share: pca-local in this process, and a bucket.

pub mod deletion;

use axum::body::{Body, Bytes};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::Request;
use pca_local::{PcaLocal, Timings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use vigil_core::{
    bucket::{BucketFacts, Encryption, Fact, PublicAccessBlock},
    ca::S3ObjectAcl,
    rules::bucket::{BucketSubject, BucketUser, Orphans},
};

/// An ACTIVE root CA, `ca`, and one that waits for its certificate, `pending`.
pub struct World {
    runtime: Runtime,
    service: PcaLocal,
    pub ca: String,
    pub pending: String,
    /// The request of `pending`, in base64.
    pub csr: String,
}

impl World {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O needs nothing of the system");
        let service = PcaLocal::builder().timings(Timings::IMMEDIATE).build();
        let mut world = Self {
            runtime,
            service,
            ca: String::new(),
            pending: String::new(),
            csr: String::new(),
        };
        world.ca = world.create("Root");
        let certificate = world.issue_own();
        let import = json!({"CertificateAuthorityArn": world.ca, "Certificate": certificate});
        world.must("ImportCertificateAuthorityCertificate", &import);
        world.pending = world.create("Pending");
        world.csr = world.csr_of(&world.pending);
        world
    }

    fn create(&self, name: &str) -> String {
        let made = self.must(
            "CreateCertificateAuthority",
            &json!({
                "CertificateAuthorityType": "ROOT",
                "CertificateAuthorityConfiguration": {
                    "KeyAlgorithm": "EC_prime256v1",
                    "SigningAlgorithm": "SHA256WITHECDSA",
                    "Subject": {"CommonName": name},
                },
            }),
        );
        text(&made["CertificateAuthorityArn"])
    }

    fn csr_of(&self, ca: &str) -> String {
        let got = self.must("GetCertificateAuthorityCsr", &json!({"CertificateAuthorityArn": ca}));
        BASE64_STANDARD.encode(text(&got["Csr"]))
    }

    fn issue_own(&self) -> String {
        let issued = self.must(
            "IssueCertificate",
            &json!({
                "CertificateAuthorityArn": self.ca,
                "Csr": self.csr_of(&self.ca),
                "SigningAlgorithm": "SHA256WITHECDSA",
                "TemplateArn": "arn:aws:acm-pca:::template/RootCACertificate/V1",
                "Validity": {"Type": "YEARS", "Value": 10},
            }),
        );
        let got = self.must(
            "GetCertificate",
            &json!({
                "CertificateAuthorityArn": self.ca,
                "CertificateArn": issued["CertificateArn"],
            }),
        );
        BASE64_STANDARD.encode(text(&got["Certificate"]))
    }

    /// The answer to a request that must be accepted.
    pub fn must(&self, operation: &str, request: &Value) -> Value {
        let (status, answer) = self.call(operation, request.to_string().into_bytes());
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Status and answer of any request. Panics if the service itself fails.
    pub fn call(&self, operation: &str, body: Vec<u8>) -> (u16, Value) {
        let request = Request::post("/")
            .header("x-amz-target", format!("ACMPrivateCA.{operation}"))
            .body(Body::from(body))
            .expect("operations have names of letters");
        let (status, body) = self.answer(request);
        let answer = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).expect("answers are JSON"),
        };
        assert!(status < 500, "{operation}: {answer}");
        if status != 200 {
            let is_told = |member: &str| answer[member].as_str().is_some_and(|it| !it.is_empty());
            assert!(is_told("__type") && is_told("message"), "{operation}: {answer}");
        }
        (status, answer)
    }

    /// The status of any request in CBOR.
    pub fn call_in_cbor(&self, operation: &str, body: Vec<u8>) -> u16 {
        let request = Request::post(format!("/service/ACMPrivateCA/operation/{operation}"))
            .header("smithy-protocol", "rpc-v2-cbor")
            .body(Body::from(body))
            .expect("operations have names of letters");
        let (status, body) = self.answer(request);
        assert!(status < 500, "{operation}: {}", String::from_utf8_lossy(&body));
        // A map of code and message, as the service writes it.
        assert!(status == 200 || body.starts_with(b"\xa2\x66__type"), "{operation}: {body:?}");
        status
    }

    fn answer(&self, request: Request<Body>) -> (u16, Bytes) {
        self.runtime.block_on(async {
            let Ok(response) = self.service.router().oneshot(request).await;
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            (status, body.expect("answers are in memory"))
        })
    }
}

/// The operations, in the order by which targets choose them.
pub const OPERATIONS: [&str; 23] = [
    "CreateCertificateAuthority",
    "CreateCertificateAuthorityAuditReport",
    "CreatePermission",
    "DeleteCertificateAuthority",
    "DeletePermission",
    "DeletePolicy",
    "DescribeCertificateAuthority",
    "DescribeCertificateAuthorityAuditReport",
    "GetCertificate",
    "GetCertificateAuthorityCertificate",
    "GetCertificateAuthorityCsr",
    "GetPolicy",
    "ImportCertificateAuthorityCertificate",
    "IssueCertificate",
    "ListCertificateAuthorities",
    "ListPermissions",
    "ListTags",
    "PutPolicy",
    "RestoreCertificateAuthority",
    "RevokeCertificate",
    "TagCertificateAuthority",
    "UntagCertificateAuthority",
    "UpdateCertificateAuthority",
];

/// The operation that the first octet of an input chooses, from 'a' on, and the rest of the input.
pub fn operation(data: &[u8]) -> Option<(&'static str, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((OPERATIONS[usize::from(first.wrapping_sub(b'a')) % OPERATIONS.len()], rest))
}

/// Whether an operation leaves the world as it was.
pub fn only_reads(operation: &str) -> bool {
    ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb))
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("the service answered with text").to_owned()
}

/// A bucket of two CAs with this policy, and no other fault.
pub fn bucket(policy: &str) -> BucketSubject {
    let user = |id: &str| {
        let ca = format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}");
        BucketUser {
            ca: ca.parse().expect("an ARN as AWS writes it"),
            common_name: None,
            key: format!("crl/{id}.crl"),
            object_acl: S3ObjectAcl::BucketOwnerFullControl,
            served_by_bucket: true,
            is_public_meant: false,
        }
    };
    BucketSubject {
        facts: BucketFacts {
            name: "crls".to_owned(),
            region: Fact::Known(Some("us-east-1".to_owned())),
            policy: Fact::Known(Some(policy.to_owned())),
            public_access_block: Fact::Known(PublicAccessBlock::default()),
            ownership: Fact::Known(None),
            encryption: Fact::Known(Encryption::SseS3),
            key: Fact::Known(None),
            versioning: Fact::Known(true),
            owned: Fact::Known(true),
            owner_id: Fact::Known(None),
            event_notifications: Fact::Known(true),
            lifecycle: Fact::Known(Vec::new()),
            access_logs: Fact::Known(None),
            object_lock: Fact::Known(false),
            acl: Fact::Known(Vec::new()),
        },
        account_block: Fact::Known(PublicAccessBlock::default()),
        users: vec![
            user("11223344-1234-1122-2233-112233445566"),
            user("11223344-1234-1122-2233-112233445577"),
        ],
        orphans: Ok(Orphans::default()),
        administrators: Vec::new(),
        as_of: time::OffsetDateTime::UNIX_EPOCH,
    }
}
