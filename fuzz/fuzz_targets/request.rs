//! Any operation with any body. `$CA` and `$PENDING` in it stand for ARNs that exist.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use vigil_fuzz::World;

const OPERATIONS: [&str; 23] = [
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

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

// The first octet is the operation, from 'a' on; the rest is the body.
fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let operation = OPERATIONS[usize::from(first.wrapping_sub(b'a')) % OPERATIONS.len()];
    WORLD.with_borrow_mut(|world| {
        let body = match std::str::from_utf8(body) {
            Ok(text) => text
                .replace("$CA", &world.ca)
                .replace("$PENDING", &world.pending)
                .replace("$CSR", &world.csr)
                .into_bytes(),
            Err(_) => body.to_vec(),
        };
        let (status, _) = world.call(operation, body);
        let changes = !["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb));
        if status == 200 && changes {
            // The next input finds the world as this one did.
            *world = World::new();
        }
    });
});
