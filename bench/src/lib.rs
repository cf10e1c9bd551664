//! What the benchmarks share: clients that cost little, processes, and the table of figures.

#![allow(clippy::missing_errors_doc, reason = "each error is a message that names the step")]

pub mod api;
pub mod audit_report;
pub mod bare;
pub mod crl_file;
pub mod http;
pub mod lambda;
pub mod load;
pub mod process;
pub mod run;
pub mod s3_sink;
pub mod stack;
pub mod table;

/// The error of a benchmark says which step failed, and why.
pub type BenchResult<T> = Result<T, String>;

/// A monotonic clock, read now.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
pub fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}
