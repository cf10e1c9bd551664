//! The Online Certificate Status Protocol: requests read, responses written and signed (RFC 6960).

mod request;
mod response;

pub use request::{CertId, IssuerHashes, OcspRequest, OcspRequestError};
pub use response::{
    CertStatus, OcspRefusal, OcspResponseError, ResponseHeader, SingleResponse, refusal,
    sign_response,
};
