//! Attacks on Vigil through the real function binaries: a principal that may write an object, a tag
//! or an event tries to lose a CA, or to have Vigil change one. Time goes on to the end of the
//! window.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod changes;
mod cosigning;
mod deleter;
mod denial;
mod evidence;
mod last_resort;
mod permits;
mod replays;
mod support;
