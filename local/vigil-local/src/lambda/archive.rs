//! The one file of a function's zip that is started: `bootstrap`.
//!
//! Of PKWARE's APPNOTE.TXT, as much as deployment packages use: a central directory, entries that are
//! stored or deflated, no ZIP64, no encryption.

use std::io::Read as _;

/// AWS Lambda Developer Guide, "Lambda quotas": 250 MB, uncompressed.
const MAX_UNZIPPED: u64 = 262_144_000;

const END: &[u8] = b"PK\x05\x06";
const IN_DIRECTORY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// Bytes before the names, in each of the three.
const END_BYTES: usize = 22;
const IN_DIRECTORY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadArchive {
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    Malformed,
    #[error("Unzipped size must be smaller than {MAX_UNZIPPED} bytes")]
    TooLarge,
    #[error("vigil-local starts a file of the name bootstrap, and the zip has none")]
    NoBootstrap,
}

use BadArchive::Malformed;

/// The content of `bootstrap`.
pub(super) fn bootstrap(zip: &[u8]) -> Result<Vec<u8>, BadArchive> {
    let entry = find(zip, b"bootstrap")?.ok_or(BadArchive::NoBootstrap)?;
    if u64::from(entry.size) > MAX_UNZIPPED {
        return Err(BadArchive::TooLarge);
    }
    let local = tail(zip, entry.offset)?;
    let header = local.get(..LOCAL_BYTES).filter(|it| it.starts_with(LOCAL)).ok_or(Malformed)?;
    let start = LOCAL_BYTES + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
    let end = start + usize::try_from(entry.compressed).map_err(|_| Malformed)?;
    let packed = local.get(start..end).ok_or(Malformed)?;
    let content = match entry.method {
        0 => packed.to_vec(),
        8 => inflate(packed, entry.size)?,
        _ => return Err(Malformed),
    };
    let mut sum = flate2::Crc::new();
    sum.update(&content);
    let is_whole = u32::try_from(content.len()) == Ok(entry.size) && sum.sum() == entry.crc;
    if is_whole { Ok(content) } else { Err(Malformed) }
}

fn inflate(packed: &[u8], size: u32) -> Result<Vec<u8>, BadArchive> {
    let mut content = Vec::new();
    // One more byte than it says shows that it says too little.
    let mut reader = flate2::read::DeflateDecoder::new(packed).take(u64::from(size) + 1);
    reader.read_to_end(&mut content).map_err(|_| Malformed)?;
    Ok(content)
}

struct Entry {
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    offset: u32,
}

/// The entry of the central directory with this name.
fn find(zip: &[u8], wanted: &[u8]) -> Result<Option<Entry>, BadArchive> {
    let last = zip.len().checked_sub(END_BYTES).ok_or(Malformed)?;
    // A comment of at most 65,535 bytes follows.
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find(|at| zip[*at..].starts_with(END)).ok_or(Malformed)?;
    let count = u16_at(&zip[end..], 10)?;
    let mut rest = tail(zip, u32_at(&zip[end..], 16)?)?;
    for _ in 0..count {
        let header = rest.get(..IN_DIRECTORY_BYTES).filter(|it| it.starts_with(IN_DIRECTORY));
        let header = header.ok_or(Malformed)?;
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(header, at).map(usize::from));
        let (name, more) = (name?, extra? + comment?);
        let found = rest.get(IN_DIRECTORY_BYTES..IN_DIRECTORY_BYTES + name).ok_or(Malformed)?;
        if found == wanted {
            return Ok(Some(Entry {
                method: u16_at(header, 10)?,
                crc: u32_at(header, 16)?,
                compressed: u32_at(header, 20)?,
                size: u32_at(header, 24)?,
                offset: u32_at(header, 42)?,
            }));
        }
        rest = rest.get(IN_DIRECTORY_BYTES + name + more..).ok_or(Malformed)?;
    }
    Ok(None)
}

fn tail(bytes: &[u8], at: u32) -> Result<&[u8], BadArchive> {
    bytes.get(usize::try_from(at).map_err(|_| Malformed)?..).ok_or(Malformed)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, BadArchive> {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map(u16::from_le_bytes).ok_or(Malformed)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, BadArchive> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_le_bytes).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::DeflateEncoder};

    use super::*;

    /// A zip of one entry, made field by field.
    fn zip(name: &str, content: &[u8], deflated: bool) -> Vec<u8> {
        let mut sum = flate2::Crc::new();
        sum.update(content);
        let mut packed = content.to_vec();
        if deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).unwrap();
            packed = encoder.finish().unwrap();
        }
        let method = [if deflated { 8 } else { 0 }, 0];
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let of_both = [
            &method[..],
            &[0; 4],
            &sum.sum().to_le_bytes(),
            &length(&packed),
            &length(content),
            &name_length,
            &[0; 2],
        ]
        .concat();
        let local = [LOCAL, &[20, 0, 0, 0], &of_both, name.as_bytes(), &packed].concat();
        let central =
            [IN_DIRECTORY, &[20, 3, 20, 0, 0, 0], &of_both, &[0; 14], name.as_bytes()].concat();
        let end = [END, &[0; 4], &[1, 0, 1, 0], &length(&central), &length(&local), &[0; 2]];
        [local, central, end.concat()].concat()
    }

    #[test]
    fn a_bootstrap_is_read_stored_or_deflated() {
        let content = vec![7; 100_000];
        for deflated in [false, true] {
            assert_eq!(bootstrap(&zip("bootstrap", &content, deflated)).unwrap(), content);
        }
        let other = zip("main.py", &content, true);
        assert_eq!(bootstrap(&other), Err(BadArchive::NoBootstrap));
    }

    #[test]
    fn no_cut_or_flipped_zip_is_taken_or_panics() {
        let content = b"a binary".repeat(20);
        for deflated in [false, true] {
            let good = zip("bootstrap", &content, deflated);
            for at in 0..good.len() {
                assert!(bootstrap(&good[..at]).is_err(), "cut at {at}");
                for bit in 0..8 {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    // Times, versions and counts that are not read may be anything.
                    if let Ok(read) = bootstrap(&bad) {
                        assert_eq!(read, content, "bit {bit} of {at}");
                    }
                }
            }
        }
        assert_eq!(bootstrap(b""), Err(Malformed));
    }
}
