//! The reasons why a stack does not start.

use std::path::PathBuf;

use crate::kms::ProvideError;
use crate::lambda::binary::MissingBinary;
use crate::s3::S3StartError;
use crate::template::TemplateError;
use iam_policy::Malformed;

/// The reason why a stack does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// The data folder cannot be created or locked.
    #[error("cannot use the data folder {path}")]
    DataDir {
        /// The data folder.
        path: PathBuf,
        /// The error of the file system.
        #[source]
        cause: std::io::Error,
    },
    /// A temporary data folder cannot be created.
    #[error("cannot create a temporary data folder")]
    TemporaryDataDir(#[source] std::io::Error),
    /// Another process has locked the data folder.
    #[error(
        "another vigil-local uses the data folder {path}: stop it, or choose another --data-dir"
    )]
    DataDirInUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The system gives no random bytes for a token.
    #[error("the system gave no random bytes for a token: set --admin-token")]
    Random,
    /// The folder of the running executable is not known.
    #[error("cannot find the folder of the functions: set --functions-dir")]
    FunctionsDir(#[source] std::io::Error),
    /// Another process listens on the address.
    #[error("{address} is in use: stop the process that listens there, or choose another --listen")]
    InUse {
        /// `ADDR:PORT`.
        address: String,
    },
    /// The keys cannot be read, or the template has a key policy that KMS refuses.
    #[error("cannot start KMS")]
    Kms(#[source] ProvideError),
    /// The folder of ACM PCA cannot be opened, or is damaged.
    #[error("cannot start ACM PCA")]
    Pca(#[source] Box<pca_local::DataDirError>),
    /// The address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// `ADDR:PORT`.
        address: String,
        /// The error of the operating system.
        #[source]
        cause: std::io::Error,
    },
    /// A function of the template has no executable.
    #[error("cannot run a function")]
    MissingBinary(#[source] MissingBinary),
    /// The template gives a function a policy that IAM refuses.
    #[error("IAM would refuse a policy in the role of the function {function}")]
    Role {
        /// The name of the function.
        function: String,
        /// The error in the policy.
        #[source]
        cause: Malformed,
    },
    /// The folder of S3 cannot be opened, or a bucket of the template cannot be made.
    #[error("cannot start S3")]
    S3(#[source] S3StartError),
    /// The template file cannot be read.
    #[error("cannot read the template {path}")]
    ReadTemplate {
        /// The template file.
        path: PathBuf,
        /// The error of the file system.
        #[source]
        cause: std::io::Error,
    },
    /// The template is invalid, or uses a feature that the stack does not support.
    #[error("cannot use the template {path}")]
    Template {
        /// The template file.
        path: PathBuf,
        /// The resource and the error in it.
        #[source]
        cause: Box<TemplateError>,
    },
}
