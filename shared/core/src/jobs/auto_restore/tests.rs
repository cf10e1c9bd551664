//! The job over fakes.

mod again;
mod asking;
mod bad_input;
mod judging;
mod mending;
mod patience;
mod proof;
mod regions;
mod repeating;
mod restoring;
mod service;
mod sweep;
mod vanished;
mod world;
