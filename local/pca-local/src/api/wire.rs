//! AWS JSON 1.1 and CBOR: requests in, responses and errors out. Nothing here knows what an operation
//! does.

pub(crate) mod cbor;
mod page;
pub(crate) mod validate;

use aws_smithy_schema::serde::{SerdeError, SerializableStruct};
use bytes::Bytes;

use crate::model::shape_json;

/// What an operation has answered.
pub(crate) struct Answer {
    /// As AWS JSON, whatever the client speaks: CloudTrail's records are made of it.
    pub(crate) json: Bytes,
    /// For the client.
    pub(crate) body: Bytes,
}

/// What an operation answers with, in each protocol.
pub(crate) trait Output {
    fn json(&self) -> Result<Vec<u8>, SerdeError>;
    fn cbor(&self) -> Result<Vec<u8>, SerdeError>;
}

/// The SDK's own output types.
impl<T: SerializableStruct> Output for T {
    fn json(&self) -> Result<Vec<u8>, SerdeError> {
        shape_json::write(self)
    }

    fn cbor(&self) -> Result<Vec<u8>, SerdeError> {
        cbor::write(self)
    }
}
