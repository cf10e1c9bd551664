//! The assessment over fakes.

mod regions;
mod requests;
mod restoration;
mod verdicts;
mod world;
