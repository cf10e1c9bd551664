//! What the tests of several packages share. It is never part of a binary that ships.
//!
//! | module | for |
//! | --- | --- |
//! | [`binary`] | running a function binary behind a Lambda Runtime API |
//! | [`json`] | the steps to an active CA in plain JSON, over any transport |
//! | [`kms`] | a client of KMS, and signing keys |
//! | [`openssl`] | the OpenSSL command line in a folder of its own |
//! | [`pca`] | the steps to an active CA through the SDK, and pca-local in this process |
//! | [`runtime_api`] | the Lambda Runtime API itself |
//! | [`s3`] | an S3 in this process that keeps what is written, refuses it, or is down |

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

pub mod binary;
pub mod json;
pub mod kms;
pub mod openssl;
pub mod pca;
pub mod runtime_api;
pub mod s3;
