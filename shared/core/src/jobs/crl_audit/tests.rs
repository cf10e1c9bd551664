//! The job over fakes.

mod crls;
mod events;
mod findings;
mod looking;
mod partitions;
mod time;
mod world;
