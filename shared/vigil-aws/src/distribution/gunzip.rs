//! Decodes gzip on the way. A small body may have a large content, so the content is bounded.

use std::{
    io::{self, Write},
    ops::ControlFlow,
};

use flate2::write::GzDecoder;
use vigil_core::{distribution::DownloadError, ports::ByteSink};

/// Passes on what a gzip stream holds.
pub(super) struct Gunzip<'a, 's> {
    decoder: GzDecoder<Bounded<'a, 's>>,
    is_broken: bool,
}

/// The content, at most as much as a CRL may have.
struct Bounded<'a, 's> {
    sink: &'a mut ByteSink<'s>,
    left: u64,
    limit: u64,
    is_too_large: bool,
    is_ended: bool,
}

impl Write for Bounded<'_, '_> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let stop = || io::Error::from(io::ErrorKind::WriteZero);
        let Some(left) = self.left.checked_sub(content.len() as u64) else {
            self.is_too_large = true;
            return Err(stop());
        };
        self.left = left;
        if (self.sink)(content).is_break() {
            self.is_ended = true;
            return Err(stop());
        }
        Ok(content.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, 's> Gunzip<'a, 's> {
    pub(super) fn new(sink: &'a mut ByteSink<'s>, limit: u64) -> Self {
        let bounded = Bounded { sink, left: limit, limit, is_too_large: false, is_ended: false };
        Self { decoder: GzDecoder::new(bounded), is_broken: false }
    }

    pub(super) fn push(&mut self, piece: &[u8]) -> ControlFlow<()> {
        if self.decoder.write_all(piece).is_ok() {
            return ControlFlow::Continue(());
        }
        self.is_broken = true;
        ControlFlow::Break(())
    }

    /// The end of the body: the stream has to end there, too.
    pub(super) fn finish(mut self, coding: &str) -> Result<(), DownloadError> {
        let is_whole = !self.is_broken && self.decoder.try_finish().is_ok();
        let Bounded { limit, is_too_large, is_ended, .. } = *self.decoder.get_ref();
        if is_too_large {
            Err(DownloadError::TooLarge { limit })
        } else if is_whole || is_ended {
            Ok(())
        } else {
            Err(DownloadError::EncodedBadly { coding: coding.to_owned() })
        }
    }
}
