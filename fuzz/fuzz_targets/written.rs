//! CRLs that pca-local writes: the reader reads what was written, and no rule finds anything.
#![no_main]

#[path = "../../tests/e2e/suites/crl/round_trip.rs"]
mod round_trip;

use libfuzzer_sys::fuzz_target;
use round_trip::{Said, write_and_read};

fuzz_target!(|data: &[u8]| {
    let Some((&[late, later, days, more, flag, piece], rest)) = data.split_first_chunk() else {
        return;
    };
    let (entries, _) = rest.as_chunks::<19>();
    let entries = entries.iter().map(|octets| {
        let (serial, rest) = octets.split_first_chunk().expect("19 octets begin with 16");
        (*serial, u16::from_be_bytes([rest[0], rest[1]]), rest[2])
    });
    write_and_read(&Said {
        late: u16::from_be_bytes([late, later]),
        days: u16::from_be_bytes([days, more]),
        is_partition: flag & 1 == 1,
        entries: entries.take(1000).collect(),
        piece,
    });
});
