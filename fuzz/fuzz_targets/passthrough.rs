//! ApiPassthrough: the subject and extensions that a caller asks for.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{Corpus, fuzz_target};
use pca_local::x509::{certificate::Certificate, name::rfc2253};
use serde_json::{Value, json};
use vigil_fuzz::World;

/// The service keeps every certificate that it issues. A new one replaces it before memory is full.
const CALLS: u32 = 20_000;

thread_local! {
    static WORLD: RefCell<(World, u32)> = RefCell::new((World::new(), 0));
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(passthrough @ Value::Object(_)) = serde_json::from_slice(data) else {
        return Corpus::Reject;
    };
    WORLD.with_borrow_mut(|(world, calls)| {
        *calls += 1;
        if *calls % CALLS == 0 {
            *world = World::new();
        }
        let template = "arn:aws:acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1";
        let request = json!({
            "CertificateAuthorityArn": world.ca,
            "Csr": world.csr,
            "SigningAlgorithm": "SHA256WITHECDSA",
            "TemplateArn": template,
            "Validity": {"Type": "DAYS", "Value": 1},
            "ApiPassthrough": passthrough,
        });
        let (status, issued) = world.call("IssueCertificate", request.to_string().into_bytes());
        if status == 200 {
            let got = world.must(
                "GetCertificate",
                &json!({
                    "CertificateAuthorityArn": world.ca,
                    "CertificateArn": issued["CertificateArn"],
                }),
            );
            let pem = got["Certificate"].as_str().expect("it is there");
            let certificate = Certificate::parse_pem(pem.as_bytes()).expect("it is one");
            let _ = rfc2253(&certificate.subject);
        }
    });
    Corpus::Keep
});
