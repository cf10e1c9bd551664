//! Certificate requests, as PEM and as DER.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pca_local::x509::{
    csr::{Request, to_pem},
    name::rfc2253,
};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = Request::parse(data) {
        let _ = rfc2253(&request.subject);
    }
    if let Ok(request) = Request::parse_der(data) {
        let again = Request::parse(to_pem(data).as_bytes()).expect("it was read as DER");
        assert_eq!(again.subject, request.subject);
        assert_eq!(again.public_key_info, request.public_key_info);
    }
});
