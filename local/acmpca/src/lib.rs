//! A faithful AWS Private CA (ACM PCA) service for one machine.

mod clock;
mod events;
mod timeline;
pub mod x509;

pub use clock::Clock;
pub use events::{EventSink, NoEvents};
pub use timeline::{Timed, Timeline};
