//! Vigil on one machine: the AWS services it talks to, and a Lambda that runs its functions.

mod account;
mod clock;
mod events;
mod lambda;
mod recent;
mod s3;
mod schedule;
mod sinks;
mod template;
mod wildcard;

pub use account::Account;
pub use s3::{SECRET, SERVICE_ACCESS_KEY};
