//! Reads the files named on the command line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum InputError {
    #[error("there is no {extension} file in {path}")]
    Empty { path: PathBuf, extension: &'static str },
    #[error("{path} is not JSON")]
    NotJson {
        path: PathBuf,
        #[source]
        cause: serde_json::Error,
    },
    #[error("{path} cannot be read")]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, InputError> {
    fs::read(path).map_err(|cause| InputError::Unreadable { path: path.to_owned(), cause })
}

pub(crate) fn json(path: &Path) -> Result<Value, InputError> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|cause| InputError::NotJson { path: path.to_owned(), cause })
}

/// The named files, and the files of this extension in the named folders, in order.
///
/// # Errors
///
/// [`InputError`] if a path cannot be read, or a folder has no such file.
pub(crate) fn files(
    paths: &[PathBuf],
    extension: &'static str,
) -> Result<Vec<PathBuf>, InputError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, extension, &mut files)?;
            if files.len() == before {
                return Err(InputError::Empty { path: path.clone(), extension });
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) -> Result<(), InputError> {
    let unreadable = |cause| InputError::Unreadable { path: folder.to_owned(), cause };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths {
        // A link to a folder could lead in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, extension, files)?;
        } else if path.is_file() && path.extension().is_some_and(|of| of == extension) {
            files.push(path);
        }
    }
    Ok(())
}
