//! What the ports do, said once and held against both sides: the fakes that vigil-core's jobs are
//! tested with, and the adapters of vigil-aws on pca-local and vigil-local in this process.
//!
//! Each sentence is an async function over a world of its port. [`sentences`] makes two tests of
//! it, `fake` and `real`. A fake that is kinder than the service fails its half.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod attachments;
mod authorities;
mod bus;
mod evidence_store;
mod stack;

/// `sentences!(Fake, Real; one another)` holds the functions `one` and `another` against a new
/// world of each type.
macro_rules! sentences {
    ($fake:ty, $real:ty; $($sentence:ident)+) => { $(
        mod $sentence {
            use super::*;

            #[tokio::test]
            async fn fake() {
                super::$sentence(&<$fake>::start().await).await;
            }

            #[tokio::test]
            async fn real() {
                super::$sentence(&<$real>::start().await).await;
            }
        }
    )+ };
}

use sentences;
