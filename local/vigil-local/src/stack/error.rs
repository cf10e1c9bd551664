//! Why a stack does not start.

use std::path::PathBuf;

use crate::kms::ProvideError;
use crate::lambda::binary::MissingBinary;
use crate::policy::Malformed;
use crate::s3::S3StartError;
use crate::template::TemplateError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    #[error("the folder {path} for the stack's data cannot be used")]
    DataDir {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("no temporary folder could be made for the stack's data")]
    TemporaryDataDir(#[source] std::io::Error),
    #[error("another vigil-local uses the data folder {path}: stop it, or give another --data-dir")]
    DataDirInUse { path: PathBuf },
    #[error("the functions' folder could not be found out: give it with --functions-dir")]
    FunctionsDir(#[source] std::io::Error),
    #[error("{address} is in use: stop what listens there, or give another address with --listen")]
    InUse { address: String },
    #[error("KMS could not be started")]
    Kms(#[source] ProvideError),
    #[error("{address} cannot be listened on")]
    Listen {
        address: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("a function cannot be run")]
    MissingBinary(#[source] MissingBinary),
    #[error("the role of the function {function} has a policy that IAM would refuse")]
    Role {
        function: String,
        #[source]
        cause: Malformed,
    },
    #[error("S3 could not be started")]
    S3(#[source] S3StartError),
    #[error("the template {path} could not be read")]
    ReadTemplate {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("the template {path} cannot be run here")]
    Template {
        path: PathBuf,
        #[source]
        cause: Box<TemplateError>,
    },
}
