//! The code of a function: a binary, which UpdateFunctionCode replaces.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Deserialize;

use super::archive::{self, BadArchive};

/// AWS Lambda Developer Guide, "Lambda quotas": 50 MB, zipped, for direct upload.
const MAX_ZIPPED: usize = 52_428_800;

/// What was uploaded last, if anything was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploaded {
    /// SHA-256 of the zip, in base64.
    pub(super) sha256: String,
    pub(super) bytes: usize,
}

/// A handle; clones share the code.
#[derive(Clone, Debug)]
pub(crate) struct Code(Arc<RwLock<(PathBuf, Option<Uploaded>)>>);

impl Code {
    /// Until an upload replaces it.
    pub(crate) fn at(binary: PathBuf) -> Self {
        Self(Arc::new(RwLock::new((binary, None))))
    }

    pub(super) fn binary(&self) -> PathBuf {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(super) fn uploaded(&self) -> Option<Uploaded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Environments that are started from now on run it. `folder` is the function's own.
    fn replace(&self, folder: &Path, request: &[u8]) -> Result<(), NotUpdated> {
        let request: Request = serde_json::from_slice(request)?;
        let zip = request.zip_file.ok_or(NotUpdated::NoZip)?;
        let zip = BASE64_STANDARD.decode(zip).map_err(|_| BadArchive::Malformed)?;
        if zip.len() > MAX_ZIPPED {
            return Err(NotUpdated::Zipped);
        }
        let content = archive::bootstrap(&zip)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &zip);
        if request.dry_run {
            return Ok(());
        }
        // A running binary cannot be written over: each zip has a folder of its own.
        let folder = folder.join(hex::encode(digest.as_ref()));
        std::fs::create_dir_all(&folder)?;
        let binary = folder.join("bootstrap");
        let written = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempfile_in(&folder)?;
        std::fs::write(written.path(), content)?;
        written.into_temp_path().persist(&binary).map_err(|error| error.error)?;
        let uploaded =
            Uploaded { sha256: BASE64_STANDARD.encode(digest.as_ref()), bytes: zip.len() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (binary, Some(uploaded));
        Ok(())
    }
}

/// UpdateFunctionCode, as much of it as is served.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    zip_file: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NotUpdated {
    #[error("Could not parse request body into json: {0}")]
    Request(#[from] serde_json::Error),
    #[error("vigil-local takes code as ZipFile, and not from S3 or an image")]
    NoZip,
    #[error("Zipped size must be smaller than {MAX_ZIPPED} bytes")]
    Zipped,
    #[error(transparent)]
    Archive(#[from] BadArchive),
    #[error("the code could not be stored: {0}")]
    Stored(#[from] std::io::Error),
}

/// UpdateFunctionCode on a thread of its own: unzipping takes a second.
pub(super) async fn update(code: Code, folder: PathBuf, request: Bytes) -> Result<(), NotUpdated> {
    let replaced = tokio::task::spawn_blocking(move || code.replace(&folder, &request)).await;
    replaced.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}
