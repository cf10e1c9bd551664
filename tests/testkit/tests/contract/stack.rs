//! vigil-local in this process.

use std::path::Path;

use pca_local::Clock;
use testkit::pca::START;
use vigil_local::Stack;

pub(crate) const BUS: &str = "vigil";
pub(crate) const BUCKET: &str = "evidence";

/// A stack with [`BUS`] and [`BUCKET`], on a clock that stands still.
pub(crate) async fn start() -> Stack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let stack = Stack::builder().template(folder.join("template.yaml"));
    stack.clock(Clock::frozen_at(START)).start().await.unwrap()
}
