//! A bit for each entry.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Which entries were met, by their places among the sorted ones. In JSON, base64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(Vec<u64>);

impl Marks {
    /// None of so many entries was met.
    pub fn none_of(entries: usize) -> Self {
        Self(vec![0; entries.div_ceil(64)])
    }

    /// Marks an entry, and says whether it was marked before.
    #[inline]
    pub(super) fn set(&mut self, at: usize) -> bool {
        let (word, bit) = (&mut self.0[at / 64], 1 << (at % 64));
        let was = *word & bit != 0;
        *word |= bit;
        was
    }

    #[inline]
    pub(super) fn is_set(&self, at: usize) -> bool {
        self.0[at / 64] & 1 << (at % 64) != 0
    }

    /// How many entries were met.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether it has as many bits as so many entries need.
    pub(super) fn fits(&self, entries: usize) -> bool {
        self.0.len() == entries.div_ceil(64)
    }

    /// Adds those that another thread has made.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(ours, theirs)| *ours |= theirs);
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let octets: Vec<u8> = self.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        BASE64_STANDARD.encode(octets).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
        let (words, rest) = octets.as_chunks();
        if !rest.is_empty() {
            return Err(D::Error::custom("marks are whole words of eight octets"));
        }
        Ok(Self(words.iter().map(|word| u64::from_le_bytes(*word)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::keys;

    /// 2,048 MiB of memory have sixteen octets of each of 134 million entries, and nothing else.
    #[test]
    fn marks_of_ninety_million_entries_fit_into_an_object() {
        let mut marks = Marks::none_of(90_000_000);
        marks.set(89_999_999);
        let body = serde_json::to_vec(&marks).unwrap();
        assert!(
            (body.len() as u64) < keys::max_bytes(&keys::compared_report("1")),
            "{}",
            body.len()
        );
        assert_eq!(serde_json::from_slice::<Marks>(&body).unwrap(), marks);
    }
}
