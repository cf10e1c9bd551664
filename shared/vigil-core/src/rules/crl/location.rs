//! Where a CRL was found, and what therefore can be done about it.

use crate::finding::{Names, quoted};

/// Where a CRL was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrlLocation {
    /// An object in S3.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A path on the machine of the caller.
    File(String),
}

/// Of a file it is not known where it came from.
const ANOTHER_COPY: &str = "Fetch the CRL again from its distribution point. If that copy shows the \
                            same, have the CA publish a new CRL and find out who made this one. \
                            Relying parties must not use this file. Show what is in it:";

/// Writes the CRL to standard output. The commands of kinds about its content begin with it.
const DOWNLOAD: &str = "aws s3 cp s3://{bucket}/{key} -";

impl CrlLocation {
    /// With `{object}`, and `{bucket}` and `{key}` where there are any.
    pub(super) fn names(&self) -> Names {
        match self {
            Self::Bucket { bucket, key } => {
                let object = format!("s3://{bucket}/{key}");
                Names::new(object.as_str())
                    .with("bucket", bucket.as_str())
                    .with("key", key.as_str())
                    .with("object", object)
            }
            Self::File(path) => {
                let show = format!("openssl crl -inform DER -noout -text -in {}", quoted(path));
                let is_url = path.starts_with("http://") || path.starts_with("https://");
                Names::new(path.as_str())
                    .with("object", path.as_str())
                    .instead(DOWNLOAD, if is_url { "curl -sSL {object}" } else { "cat {object}" })
                    .otherwise(ANOTHER_COPY, show)
            }
        }
    }
}
