//! The SHA-256 of each 64 MiB of a report. So a report that is read in several invocations has them too:
//! each goes on where a part ends.

use aws_lc_rs::digest::{Context, SHA256};

/// The digests of a report while it is read.
pub struct Digests {
    done: Vec<String>,
    open: Context,
    /// Bytes of the open part.
    length: u64,
}

impl Digests {
    /// The bytes of one part.
    pub const PART: u64 = if cfg!(test) { 1024 } else { 64 * 1024 * 1024 };

    /// Goes on behind these parts.
    pub fn after(done: Vec<String>) -> Self {
        Self { done, open: Context::new(&SHA256), length: 0 }
    }

    /// Those of the parts that are whole.
    pub fn done(&self) -> &[String] {
        &self.done
    }

    /// How many bytes are wanted until the part is whole.
    pub fn wanted(&self) -> u64 {
        Self::PART - self.length
    }

    /// Adds bytes, at most as many as are wanted. Whether the part is whole now.
    pub fn add(&mut self, bytes: &[u8]) -> bool {
        self.open.update(bytes);
        self.length += bytes.len() as u64;
        let is_whole = self.length == Self::PART;
        if is_whole {
            self.close();
        }
        is_whole
    }

    /// Adds bytes, however many parts they are of.
    pub fn add_all(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let wanted = usize::try_from(self.wanted()).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(wanted.min(rest.len()));
            self.add(now);
            rest = later;
        }
    }

    fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, Context::new(&SHA256));
        self.done.push(open.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect());
        self.length = 0;
    }

    /// All of them, that of the rest among them.
    pub fn finish(mut self) -> Vec<String> {
        if self.length > 0 || self.done.is_empty() {
            self.close();
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_no_difference_to_digests() {
        let report = [b'x'; 3 * Digests::PART as usize + 7];
        let of = |piece: usize| {
            let mut digests = Digests::after(Vec::new());
            report.chunks(piece).for_each(|piece| digests.add_all(piece));
            digests.finish()
        };
        let whole = of(report.len());
        assert_eq!(whole.len(), 4);
        for piece in [1, 1000, 1024, 1025, 2500] {
            assert_eq!(of(piece), whole, "{piece}");
        }
    }
}
