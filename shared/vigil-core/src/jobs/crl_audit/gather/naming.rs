//! Reads a CRL again for the serials of entries of which only fingerprints were kept.

use std::ops::ControlFlow;

use crate::{
    crl::{
        CrlReader, Entry,
        comparison::{Fingerprints, Sample, Unnamed},
    },
    ports::{Address, Objects},
};

/// Names what is to be named, as far as the objects still are what they were: the count is known anyway.
pub(super) async fn name(
    objects: &dyn Objects,
    bucket: &str,
    keys: &[&str],
    limit: u64,
    mut wanted: [(Unnamed, &mut Sample); 2],
) {
    for key in keys {
        if wanted.iter().all(|(unnamed, _)| unnamed.is_empty()) {
            return;
        }
        let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| {
            if entry.indirect {
                return;
            }
            for (unnamed, sample) in &mut wanted {
                unnamed.name(entry.serial, Fingerprints::default(), sample);
            }
        });
        let mut sink = |piece: &[u8]| match reader.push(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        // A failure leaves serials without a name, and nothing else.
        let _ = objects.read(Address::new(bucket, key), limit, &mut sink).await;
    }
}
