//! The SHA-256 of each 64 MiB of a report. So a report that is read in several invocations has them too:
//! each goes on where a part ends.

use aws_lc_rs::digest::{Context, SHA256};

/// The bytes of one part.
pub(super) const PART: u64 = if cfg!(test) { 1024 } else { 64 * 1024 * 1024 };

pub(super) struct Digests {
    /// Of the parts that are whole.
    pub(super) done: Vec<String>,
    open: Context,
    /// Bytes of the open part.
    length: u64,
}

impl Digests {
    /// Goes on behind these parts.
    pub(super) fn after(done: Vec<String>) -> Self {
        Self { done, open: Context::new(&SHA256), length: 0 }
    }

    /// How many bytes are wanted until the part is whole.
    pub(super) fn wanted(&self) -> u64 {
        PART - self.length
    }

    /// Adds bytes, at most as many as are wanted. Whether the part is whole now.
    pub(super) fn add(&mut self, bytes: &[u8]) -> bool {
        self.open.update(bytes);
        self.length += bytes.len() as u64;
        let is_whole = self.length == PART;
        if is_whole {
            self.close();
        }
        is_whole
    }

    fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, Context::new(&SHA256));
        self.done.push(open.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect());
        self.length = 0;
    }

    /// All of them, that of the rest among them.
    pub(super) fn finish(mut self) -> Vec<String> {
        if self.length > 0 || self.done.is_empty() {
            self.close();
        }
        self.done
    }
}
