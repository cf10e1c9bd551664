//! When CRLs are written, where to, and what they say, along the clock and through the real SDK.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "../x509/openssl.rs"]
#[allow(dead_code, reason = "the x509 tests use the rest")]
mod openssl;
#[path = "../support/s3.rs"]
mod s3;
#[path = "../support/mod.rs"]
mod support;

mod entries;
mod partitions;
mod places;
mod reports;
mod schedule;
mod world;
