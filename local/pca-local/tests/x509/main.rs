//! What pca-local's `x509` module writes, read by OpenSSL and webpki; and what OpenSSL writes, read
//! by the module.

#![expect(clippy::unwrap_used, reason = "the helpers below are test code without being tests")]

mod algorithms;
mod chain;
mod hostile;
mod name_constraints;
mod passthrough;
mod requests;
mod revocation;
mod templates;
mod world;
