//! Reads the file and hashes what is signed.

use std::{
    fs::File,
    io::{self, Read},
    sync::mpsc::{Receiver, SyncSender},
};

use vigil_core::{crl::TbsHasher, signature::SignedBytes};

use super::{PIECE, PIECES, Piece};

/// Hashes each piece and sends it on, until the file or the other thread ends.
pub(super) fn read_and_hash(
    mut file: &File,
    give: SyncSender<Piece>,
    free: Receiver<Piece>,
) -> io::Result<Option<SignedBytes>> {
    let mut hasher = TbsHasher::default();
    let mut fresh = (0..PIECES).map(|_| vec![0; PIECE]);
    loop {
        let Some(mut buffer) = fresh.next().or_else(|| Some(free.recv().ok()?.0)) else {
            return Ok(None);
        };
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.push(&buffer[..count]);
        if give.send((buffer, count)).is_err() {
            return Ok(None);
        }
    }
}
