//! What hangs on a CA beside its key and certificate, and can be lost without them.

use std::future::Future;

use super::{PortError, Receipt};
use crate::{
    arn::CaArn,
    snapshot::{Attached, Missing},
};

pub trait Attachments: Send + Sync {
    /// GetPolicy, ListPermissions, ListTags and the revocation configuration. The service refuses
    /// this for a DELETED CA ([`PortError::InvalidState`]).
    fn attached(&self, ca: &CaArn) -> impl Future<Output = Result<Attached, PortError>> + Send;

    /// PutPolicy, CreatePermission, TagCertificateAuthority and UpdateCertificateAuthority, as far
    /// as something is missing: one receipt for each call. Each can be made again.
    fn put_back(
        &self,
        ca: &CaArn,
        missing: &Missing,
    ) -> impl Future<Output = Result<Vec<Receipt>, PortError>> + Send;
}
