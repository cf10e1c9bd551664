//! The job over fakes.

mod acknowledging;
mod alerting;
mod ending;
mod failing;
mod switch;
mod world;
