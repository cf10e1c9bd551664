//! CRLs of any entries, as pca-local writes them.

use proptest::prelude::*;

use super::round_trip::{Said, write_and_read};

fn said() -> impl Strategy<Value = Said> {
    let serial = prop_oneof![any::<[u8; 16]>(), any::<u8>().prop_map(|octet| [octet; 16])];
    let entries = proptest::collection::vec((serial, any::<u16>(), any::<u8>()), 0..40);
    (any::<u16>(), any::<u16>(), any::<bool>(), entries, any::<u8>()).prop_map(
        |(late, days, is_partition, entries, piece)| Said {
            late,
            days,
            is_partition,
            entries,
            piece,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_pca_local_writes_is_read_and_nothing_is_found(said in said()) {
        write_and_read(&said);
    }
}
