//! Where is the binary of a function?

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error(
    "the function {logical_id} has no binary at {plain} nor at {packaged}: \
     build it with `cargo build --bin {name}`, or say with --functions-dir where it is"
)]
pub struct MissingBinary {
    logical_id: String,
    name: String,
    plain: PathBuf,
    packaged: PathBuf,
}

/// `<folder>/<name>` as Cargo leaves it, or `<folder>/<name>/bootstrap` as cargo-lambda does.
pub(crate) fn find(folder: &Path, name: &str, logical_id: &str) -> Result<PathBuf, MissingBinary> {
    let plain = folder.join(name);
    let packaged = plain.join("bootstrap");
    for path in [&plain, &packaged] {
        if path.is_file() {
            return Ok(path.clone());
        }
    }
    Err(MissingBinary { logical_id: logical_id.to_owned(), name: name.to_owned(), plain, packaged })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_found_in_both_layouts_or_named_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        std::fs::create_dir(folder.path().join("packaged")).unwrap();
        std::fs::write(folder.path().join("packaged/bootstrap"), "").unwrap();

        assert_eq!(find(folder.path(), "plain", "P").unwrap(), folder.path().join("plain"));
        let packaged = folder.path().join("packaged/bootstrap");
        assert_eq!(find(folder.path(), "packaged", "Q").unwrap(), packaged);
        let error = find(folder.path(), "absent", "R").unwrap_err().to_string();
        for said in ["function R", "absent/bootstrap", "cargo build --bin absent"] {
            assert!(error.contains(said), "{error}");
        }
    }
}
