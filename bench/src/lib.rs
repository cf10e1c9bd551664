//! What the benchmarks share: clients that cost little themselves, processes, and the table.

pub mod api;
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

/// A benchmark's own error: what it was doing, and what went wrong.
pub type Outcome<T> = Result<T, String>;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
pub fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}
