//! When CRLs are written, where to, and what they say, along the clock and through the real SDK.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod entries;
mod outages;
mod partitions;
mod places;
mod reports;
mod schedule;
mod world;
