//! Vigil on one machine: the AWS services it talks to, and a Lambda that runs its functions.

mod account;
mod s3;
mod wildcard;

pub use account::Account;
pub use s3::{SECRET, SERVICE_ACCESS_KEY};
