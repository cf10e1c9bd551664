//! What hangs on a CA beside its key and certificate, and can be lost without them.

use super::{PortError, Receipt};
use crate::{
    arn::CaArn,
    snapshot::{Attached, Missing},
};
use async_trait::async_trait;

#[async_trait]
pub trait Attachments: Send + Sync {
    /// GetPolicy, ListPermissions, ListTags and the revocation configuration. The service refuses
    /// this for a DELETED CA ([`PortError::InvalidState`]).
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError>;

    /// PutPolicy, CreatePermission, TagCertificateAuthority and UpdateCertificateAuthority, as far
    /// as something is missing: one receipt for each call. Each can be made again.
    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError>;
}
