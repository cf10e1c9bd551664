//! AWS JSON 1.1 and CBOR: requests in, responses and errors out. Nothing here knows what an operation
//! does.

pub(crate) mod cbor;
pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod validate;

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings, JsonDeserializer};
use aws_smithy_schema::{
    codec::Codec as _,
    serde::{SerdeError, SerializableStruct, ShapeDeserializer, ShapeSerializer as _},
};
use bytes::Bytes;

use crate::protocol::Protocol;

/// AWS JSON 1.1 uses the members' own names and epoch-second timestamps.
fn codec() -> JsonCodec {
    JsonCodec::new(JsonCodecSettings::builder().use_json_name(false).build())
}

/// Reads a request that [`validate::validate`] has passed into the SDK's own input type.
pub(crate) fn read<T>(
    body: &[u8],
    deserialize: fn(&mut dyn ShapeDeserializer) -> Result<T, SerdeError>,
) -> Result<T, SerdeError> {
    let codec = codec();
    let mut deserializer: JsonDeserializer<'_> = codec.create_deserializer(body);
    deserialize(&mut deserializer)
}

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
        write(self)
    }

    fn cbor(&self) -> Result<Vec<u8>, SerdeError> {
        cbor::write(self)
    }
}

/// Writes one of the SDK's own types as AWS JSON.
pub(crate) fn write(shape: &dyn SerializableStruct) -> Result<Vec<u8>, SerdeError> {
    let mut serializer = codec().create_serializer();
    serializer.write_struct(shape.schema(), shape)?;
    Ok(serializer.finish())
}

/// Writes an output. Void operations answer with nothing.
pub(crate) fn answer(output: &dyn Output, protocol: Protocol) -> Result<Answer, SerdeError> {
    let json = Bytes::from(output.json()?);
    if json == "{}" {
        return Ok(Answer { json: Bytes::new(), body: Bytes::new() });
    }
    let body = match protocol {
        Protocol::AwsJson => json.clone(),
        Protocol::RpcV2Cbor => output.cbor()?.into(),
    };
    Ok(Answer { json, body })
}
