//! A deletion and what follows, through the real function binaries: auto-restore and
//! restore-deadline on the stack that infra/template.yaml describes.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod deadline;
mod deletions;
mod service;
mod support;
