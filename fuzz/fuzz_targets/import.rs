//! The certificate and the chain that a CA is given.
#![no_main]

use std::cell::RefCell;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use vigil_fuzz::World;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

// The first zero octet ends the certificate; what follows it is the chain.
fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |octet| *octet == 0);
    let certificate = BASE64_STANDARD.encode(parts.next().unwrap_or_default());
    let chain = parts.next().map(|chain| BASE64_STANDARD.encode(chain));
    WORLD.with_borrow_mut(|world| {
        let mut request =
            json!({"CertificateAuthorityArn": world.pending, "Certificate": certificate});
        if let Some(chain) = chain {
            request["CertificateChain"] = json!(chain);
        }
        let operation = "ImportCertificateAuthorityCertificate";
        let (status, _) = world.call(operation, request.to_string().into_bytes());
        let described = world.must(
            "DescribeCertificateAuthority",
            &json!({"CertificateAuthorityArn": world.pending}),
        );
        let is_active = described["CertificateAuthority"]["Status"] != "PENDING_CERTIFICATE";
        assert_eq!(status == 200, is_active);
        if is_active {
            *world = World::new();
        }
    });
});
