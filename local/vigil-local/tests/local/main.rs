//! The stack as its clients see it: over the socket, with AWS's own SDK and real processes.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod delivery;
mod functions;
mod kms;
mod s3;
mod stack;
mod support;
mod up;
mod versions;
