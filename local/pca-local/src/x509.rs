//! Keys, requests, certificates and CRLs. Knows nothing of the service, of HTTP or of clocks.
//!
//! Reading is done over the bytes as they came: what was signed is never encoded again.

pub mod certificate;
pub mod chain;
pub mod crl;
pub mod csr;
mod extension;
mod general_name;
pub mod issue;
pub mod key;
pub(crate) mod moment;
pub mod name;
pub mod name_constraints;
pub mod ocsp;
mod oid;
pub mod pem;
pub(crate) mod scheme;
pub(crate) mod signed;
pub mod template;
pub mod validity;
pub mod verify;
