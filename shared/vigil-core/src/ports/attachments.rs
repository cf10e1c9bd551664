//! The settings of a CA that a deletion may remove.

use super::{PortError, Receipt};
use crate::{
    arn::CaArn,
    snapshot::{Attached, Missing},
};
use async_trait::async_trait;

/// ACM PCA: policy, permissions, tags and revocation configuration of a CA.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// GetPolicy, ListPermissions, ListTags and the revocation configuration.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] for a DELETED CA.
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError>;

    /// PutPolicy, CreatePermission, TagCertificateAuthority and UpdateCertificateAuthority, as far
    /// as something is missing: one receipt for each call. Each call can be repeated.
    ///
    /// # Errors
    ///
    /// The first [`PortError`]; the calls before it have taken effect.
    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError>;
}
