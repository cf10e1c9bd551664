//! What pca-local's `x509` module writes, read by OpenSSL and webpki; and what OpenSSL writes, read
//! by the module.

mod algorithms;
mod chain;
mod hostile;
mod openssl;
mod passthrough;
mod requests;
mod revocation;
mod templates;
mod world;
