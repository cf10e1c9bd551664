//! The three CRCs that the AWS SDK for S3 computes, with the interface of the crate `crc-fast`.
//!
//! That crate has tables for a hundred algorithms. A program links all of them: 680 KB that do not
//! compress, a tenth of a function's zip. These three take 32 KB. `Cargo.toml` puts this crate in its place
//! ([0020](../../docs/decisions/0020-size-of-functions.md)).
//!
//! Eight tables for eight octets at a time, as in "A Systematic Approach to Building High Performance
//! Software-based CRC Generators" (Kounavis and Berry, 2005).

#![warn(missing_docs)]

/// An algorithm, with the name that the catalogue of parametrised CRC algorithms gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32/ISO-HDLC, as in gzip.
    Crc32IsoHdlc,
    /// CRC-32/ISCSI, also called CRC-32C.
    Crc32Iscsi,
    /// CRC-64/NVME.
    Crc64Nvme,
}

type Tables = [[u64; 256]; 8];
type Tables32 = [[u32; 256]; 8];

static ISO_HDLC: Tables32 = tables_32(0xEDB8_8320);
static ISCSI: Tables32 = tables_32(0x82F6_3B78);
static NVME: Tables = tables_64(0x9A6C_9329_AC4B_C9B5);

/// One octet's remainders for each number of octets that follow it. The polynomial is reflected.
const fn tables_64(polynomial: u64) -> Tables {
    let mut tables = [[0; 256]; 8];
    let mut octet = 0;
    while octet < 256 {
        let mut crc = octet as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        tables[0][octet] = crc;
        octet += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut octet = 0;
        while octet < 256 {
            let before = tables[table - 1][octet];
            tables[table][octet] = before >> 8 ^ tables[0][(before & 0xFF) as usize];
            octet += 1;
        }
        table += 1;
    }
    tables
}

/// The remainders of a CRC of 32 bits fit into half the space.
const fn tables_32(polynomial: u32) -> Tables32 {
    let wide = tables_64(polynomial as u64);
    let mut tables = [[0; 256]; 8];
    let mut table = 0;
    while table < 8 {
        let mut octet = 0;
        while octet < 256 {
            tables[table][octet] = wide[table][octet] as u32;
            octet += 1;
        }
        table += 1;
    }
    tables
}

/// The checksum of all octets.
pub fn checksum(algorithm: CrcAlgorithm, octets: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(octets);
    digest.finalize()
}

/// A checksum of octets that come in pieces.
#[derive(Clone, Copy, Debug)]
pub struct Digest {
    algorithm: CrcAlgorithm,
    /// Inverted, as all three begin and end.
    state: u64,
}

impl Digest {
    /// That of no octets.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        let state = match algorithm {
            CrcAlgorithm::Crc32IsoHdlc | CrcAlgorithm::Crc32Iscsi => u64::from(u32::MAX),
            CrcAlgorithm::Crc64Nvme => u64::MAX,
        };
        Self { algorithm, state }
    }

    /// Adds octets.
    pub fn update(&mut self, octets: &[u8]) {
        self.state = match self.algorithm {
            CrcAlgorithm::Crc32IsoHdlc => update_32(&ISO_HDLC, self.state, octets),
            CrcAlgorithm::Crc32Iscsi => update_32(&ISCSI, self.state, octets),
            CrcAlgorithm::Crc64Nvme => update_64(self.state, octets),
        };
    }

    /// The checksum of what was added so far.
    pub fn finalize(&self) -> u64 {
        match self.algorithm {
            CrcAlgorithm::Crc32IsoHdlc | CrcAlgorithm::Crc32Iscsi => {
                self.state ^ u64::from(u32::MAX)
            }
            CrcAlgorithm::Crc64Nvme => !self.state,
        }
    }
}

fn update_64(mut state: u64, octets: &[u8]) -> u64 {
    let (eights, rest) = octets.as_chunks::<8>();
    for eight in eights {
        let word = (state ^ u64::from_le_bytes(*eight)).to_le_bytes();
        state = NVME[7][usize::from(word[0])]
            ^ NVME[6][usize::from(word[1])]
            ^ NVME[5][usize::from(word[2])]
            ^ NVME[4][usize::from(word[3])]
            ^ NVME[3][usize::from(word[4])]
            ^ NVME[2][usize::from(word[5])]
            ^ NVME[1][usize::from(word[6])]
            ^ NVME[0][usize::from(word[7])];
    }
    for octet in rest {
        state = state >> 8 ^ NVME[0][usize::from(state.to_le_bytes()[0] ^ octet)];
    }
    state
}

/// The upper half of the state is zero.
fn update_32(tables: &Tables32, mut state: u64, octets: &[u8]) -> u64 {
    let (eights, rest) = octets.as_chunks::<8>();
    for eight in eights {
        let word = (state ^ u64::from_le_bytes(*eight)).to_le_bytes();
        let crc = tables[7][usize::from(word[0])]
            ^ tables[6][usize::from(word[1])]
            ^ tables[5][usize::from(word[2])]
            ^ tables[4][usize::from(word[3])]
            ^ tables[3][usize::from(word[4])]
            ^ tables[2][usize::from(word[5])]
            ^ tables[1][usize::from(word[6])]
            ^ tables[0][usize::from(word[7])];
        state = u64::from(crc);
    }
    for octet in rest {
        let crc = tables[0][usize::from(state.to_le_bytes()[0] ^ octet)];
        state = state >> 8 ^ u64::from(crc);
    }
    state
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [(CrcAlgorithm, u64); 3] = [
        (CrcAlgorithm::Crc32IsoHdlc, 0xCBF4_3926),
        (CrcAlgorithm::Crc32Iscsi, 0xE306_9283),
        (CrcAlgorithm::Crc64Nvme, 0xAE8B_1486_0A79_9888),
    ];

    /// The values of the catalogue (reveng.sourceforge.io).
    #[test]
    fn the_check_values_of_the_catalogue_hold() {
        for (algorithm, check) in ALL {
            assert_eq!(checksum(algorithm, b"123456789"), check, "{algorithm:?}");
            assert_eq!(checksum(algorithm, b""), 0, "{algorithm:?}");
        }
    }

    /// The definition, bit by bit.
    fn slowly(algorithm: CrcAlgorithm, octets: &[u8]) -> u64 {
        let (polynomial, ones) = match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => (0xEDB8_8320, u64::from(u32::MAX)),
            CrcAlgorithm::Crc32Iscsi => (0x82F6_3B78, u64::from(u32::MAX)),
            CrcAlgorithm::Crc64Nvme => (0x9A6C_9329_AC4B_C9B5, u64::MAX),
        };
        let mut crc = ones;
        for octet in octets {
            crc ^= u64::from(*octet);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ polynomial } else { crc >> 1 };
            }
        }
        crc ^ ones
    }

    proptest! {
        #[test]
        fn eight_octets_at_a_time_are_as_bit_by_bit(
            octets in proptest::collection::vec(any::<u8>(), 0..100),
            cut in 0_usize..100,
        ) {
            for (algorithm, _) in ALL {
                let (first, second) = octets.split_at(cut.min(octets.len()));
                let mut digest = Digest::new(algorithm);
                digest.update(first);
                digest.update(second);
                prop_assert_eq!(digest.finalize(), slowly(algorithm, &octets));
            }
        }
    }
}
