//! Whether a database is the one that was left in good order.

use time::OffsetDateTime;

use super::{
    directory::{DataDirError, Directory},
    mark::{Kept, Mark, MarkFile, Seal, moment},
};

/// Refuses a database that was closed in good order and is another one now.
pub(super) fn is_as_left(directory: &Directory) -> Result<(), DataDirError> {
    let unusable = |error| directory.unusable(error);
    let kept = MarkFile::read(&directory.last_commit()).map_err(unusable)?;
    let Kept::Mark(Mark { closed: Some(seal), at, .. }) = kept else { return Ok(()) };
    if directory.has_log() || Seal::of(directory.database_file()).map_err(unusable)? == seal {
        return Ok(());
    }
    Err(directory.incomplete(not_as_left(at)))
}

pub(super) fn not_as_left(at: OffsetDateTime) -> String {
    format!(
        "state.db is not as it was left in good order at {}: it was damaged or changed. If you changed it \
         yourself, set the digest of each row that you changed to NULL, and remove last-commit",
        moment(at)
    )
}
