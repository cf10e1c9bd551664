//! The job over fakes.

mod again;
mod asking;
mod bad_input;
mod contended;
mod deleter;
mod first_crl;
mod floods;
mod hostile;
mod judging;
mod matrix;
mod mending;
mod observing;
mod patience;
mod reactivation;
mod regions;
mod repeating;
mod restoring;
mod sweep;
mod vanished;
mod watch;
mod world;
