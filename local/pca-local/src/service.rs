//! What the service does: its operations, and what it does by itself. Knows no HTTP.

pub(crate) mod announcer;
pub(crate) mod background;
pub(crate) mod buckets;
pub(crate) mod caller;
pub(crate) mod cloudtrail;
pub(crate) mod core;
pub(crate) mod crl_publisher;
pub(crate) mod deletion;
pub(crate) mod event_queue;
pub(crate) mod events;
pub(crate) mod faults;
mod lookup;
pub(crate) mod metrics;
pub(crate) mod operations;
pub(crate) mod pending_work;
pub(crate) mod quotas;
pub(crate) mod recent_events;
pub(crate) mod reports;
pub(crate) mod timeline;
pub(crate) mod timing;
