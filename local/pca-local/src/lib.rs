//! A faithful AWS Private CA (ACM PCA) service for one machine.
//!
//! A request comes in through `http`, is held against the API model by `wire`, and handed to one
//! of `operations`, which ask `lifecycle` what a CA's state permits, change its record in `store`,
//! and sign with `x509`. CRLs are written by `crl` and audit reports by `reports` to `bucket`, at
//! moments that [`Timeline`] stops at.

mod admin;
mod arn;
mod authority;
mod background;
mod bucket;
mod caller;
mod clock;
mod cloudtrail;
mod console;
pub mod coverage;
mod crl;
mod error;
mod events;
mod faults;
mod http;
mod iam;
mod in_process;
mod ledger;
mod lifecycle;
mod metrics;
mod ocsp;
mod operations;
mod outlet;
mod policy;
mod protocol;
mod quotas;
mod recent;
mod record;
mod removal;
mod reports;
mod seed;
mod server;
mod service;
mod shares;
mod signature;
mod state;
mod storage;
mod store;
mod timeline;
mod timing;
mod tls;
mod unfinished;
mod wire;
pub mod x509;

pub use bucket::SERVICE_ACCESS_KEY_ID;
pub use clock::Clock;
pub use error::ApiError;
pub use events::{EventSink, NoEvents};
pub use faults::{FaultError, Faults, OperationFault};
pub use iam::{Iam, IamError};
pub use outlet::{EventBridge, Lines, Outlet};
pub use quotas::{Quotas, QuotasError};
pub use seed::{Seed, SeedError};
pub use server::Server;
pub use service::{Builder, PcaLocal};
pub use signature::Secrets;
pub use state::StateError;
pub use storage::DataDirError;
pub use timeline::{Timed, Timeline};
pub use timing::{Timing, TimingError, Timings};
pub use tls::{Tls, TlsError};
