//! Many small byte strings without an allocation for each.

/// Where a string is. Strings are only ever added.
#[derive(Clone, Copy)]
struct Span {
    chunk: u32,
    start: u32,
    length: u32,
}

#[derive(Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<u8>>,
    spans: Vec<Span>,
}

/// Most CAs issue little: chunks grow from the first to the last of these sizes.
const FIRST_CHUNK: usize = 16 * 1024;
const LAST_CHUNK: usize = 4 * 1024 * 1024;

impl Arena {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = |chunk: &Vec<u8>| chunk.capacity() - chunk.len();
        if self.chunks.last().is_none_or(|chunk| room(chunk) < bytes.len()) {
            let grown = FIRST_CHUNK.saturating_mul(1 << self.chunks.len().min(16));
            self.chunks.push(Vec::with_capacity(grown.min(LAST_CHUNK).max(bytes.len())));
        }
        let chunk = self.chunks.len() - 1;
        let start = self.chunks[chunk].len();
        self.chunks[chunk].extend_from_slice(bytes);
        let fits = |number: usize| u32::try_from(number).expect("a request is limited to 4 MiB");
        let (start, length) = (fits(start), fits(bytes.len()));
        self.spans.push(Span { chunk: fits(chunk), start, length });
    }

    /// The string that was pushed after `place` others.
    pub(super) fn read(&self, place: u32) -> &[u8] {
        let span = self.spans[place as usize];
        let start = span.start as usize;
        &self.chunks[span.chunk as usize][start..start + span.length as usize]
    }
}
