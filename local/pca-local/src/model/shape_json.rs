//! The SDK's own types as AWS JSON 1.1, read and written through their schemas.

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings, JsonDeserializer};
use aws_smithy_schema::{
    codec::Codec as _,
    serde::{SerdeError, SerializableStruct, ShapeDeserializer, ShapeSerializer as _},
};

/// AWS JSON 1.1 uses the members' own names and epoch-second timestamps.
fn codec() -> JsonCodec {
    JsonCodec::new(JsonCodecSettings::builder().use_json_name(false).build())
}

/// Reads a request that the constraints of the API model have passed into the SDK's own input type.
pub(crate) fn read<T>(
    body: &[u8],
    deserialize: fn(&mut dyn ShapeDeserializer) -> Result<T, SerdeError>,
) -> Result<T, SerdeError> {
    let codec = codec();
    let mut deserializer: JsonDeserializer<'_> = codec.create_deserializer(body);
    deserialize(&mut deserializer)
}

/// Writes one of the SDK's own types as AWS JSON.
pub(crate) fn write(shape: &dyn SerializableStruct) -> Result<Vec<u8>, SerdeError> {
    let mut serializer = codec().create_serializer();
    serializer.write_struct(shape.schema(), shape)?;
    Ok(serializer.finish())
}
