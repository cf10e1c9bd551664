//! Certificates, alone and in bundles, and what is read from them later.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pca_local::x509::{
    certificate::Certificate, name::rfc2253, name_constraints::check_name_constraints,
};

fuzz_target!(|data: &[u8]| {
    let bundle = Certificate::parse_pem_chain(data).unwrap_or_default();
    for certificate in bundle.iter().chain(&Certificate::parse_der(data).ok()) {
        let _ = (rfc2253(&certificate.subject), rfc2253(&certificate.issuer));
        let _ = (certificate.serial_decimal(), certificate.serial_colon());
        let _ = certificate.is_self_signed();
        let _ = check_name_constraints(certificate, [certificate]);
        let again = Certificate::parse_pem(certificate.pem().as_bytes());
        assert_eq!(again.expect("it was read before").der(), certificate.der());
    }
});
