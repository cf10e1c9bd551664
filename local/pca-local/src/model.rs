//! What a CA, a certificate, an audit report and their records are. Knows no storage and no wire.

pub(crate) mod api_model;
pub(crate) mod arn;
pub(crate) mod audit_report;
pub(crate) mod authority;
pub(crate) mod ca_certificate;
pub(crate) mod change;
pub(crate) mod clock;
pub(crate) mod crl;
pub(crate) mod error;
pub(crate) mod issued_certificates;
pub(crate) mod lifecycle;
pub(crate) mod pending_work;
pub(crate) mod permission;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod record_error;
pub(crate) mod shape_json;
pub(crate) mod shares;
pub(crate) mod shown;
pub(crate) mod tokens;
pub(crate) mod values;
pub(crate) mod wait;
