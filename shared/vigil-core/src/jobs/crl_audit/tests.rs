//! The job over fakes.

mod certificate_scan;
mod crls;
mod events;
mod findings;
mod large_report;
mod partitions;
mod time;
mod world;
