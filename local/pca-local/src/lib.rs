//! A faithful AWS Private CA (ACM PCA) service for one machine.
//!
//! Six floors, each of which uses only those below it: `x509` (keys, requests, certificates, CRLs,
//! OCSP), `model` (what a CA is), `state` (where it is kept), `service` (what it does), `api` (HTTP
//! as AWS has it), `web` (the console, `/_pca-local/`, OCSP over HTTP). [`PcaLocal`] puts them
//! together.

mod api;
mod instance;
mod model;
mod service;
mod state;
pub mod testing;
mod web;
pub mod x509;

pub use api::{
    admin_token::AdminToken,
    guard::Guard,
    iam::{Iam, IamError},
    server::Server,
    signature::Secrets,
    tls::{Tls, TlsError},
};
pub use instance::{Builder, PcaLocal};
pub use model::{clock::Clock, error::ApiError};
pub use service::{
    buckets::SERVICE_ACCESS_KEY_ID,
    event_queue::{EventBridge, EventQueue, Lines},
    events::{EventSink, NoEvents},
    faults::{FaultError, Faults, OperationFault},
    quotas::{Quotas, QuotasError},
    timeline::{Timed, Timeline},
    timing::{Timing, TimingError, Timings},
};
pub use state::{
    data_dir::{CloseError, DataDirError, check},
    file::StateError,
    salvage::salvage,
    seed::{Seed, SeedError},
};
