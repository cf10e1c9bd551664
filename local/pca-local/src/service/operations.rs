//! The operations, one file each.

mod bucket_name;
pub(crate) mod create_certificate_authority;
pub(crate) mod create_certificate_authority_audit_report;
pub(crate) mod create_permission;
pub(crate) mod delete_certificate_authority;
pub(crate) mod delete_permission;
pub(crate) mod delete_policy;
pub(crate) mod describe_certificate_authority;
pub(crate) mod describe_certificate_authority_audit_report;
pub(crate) mod get_certificate;
pub(crate) mod get_certificate_authority_certificate;
pub(crate) mod get_certificate_authority_csr;
pub(crate) mod get_policy;
pub(crate) mod import_certificate_authority_certificate;
pub(crate) mod issue_certificate;
pub(crate) mod list_certificate_authorities;
pub(crate) mod list_permissions;
pub(crate) mod list_tags;
mod paging;
pub(crate) mod put_policy;
pub(crate) mod restore_certificate_authority;
mod revocation;
pub(crate) mod revoke_certificate;
pub(crate) mod tag_certificate_authority;
mod tags;
pub(crate) mod untag_certificate_authority;
pub(crate) mod update_certificate_authority;
