//! AWS JSON 1.1: requests in, responses and errors out. Nothing here knows what an operation does.

pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod validate;

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings, JsonDeserializer};
use aws_smithy_schema::{
    codec::Codec as _,
    serde::{SerdeError, SerializableStruct, ShapeDeserializer, ShapeSerializer as _},
};

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

/// Writes the SDK's own output type.
pub(crate) fn write(output: &dyn SerializableStruct) -> Result<Vec<u8>, SerdeError> {
    let mut serializer = codec().create_serializer();
    serializer.write_struct(output.schema(), output)?;
    Ok(serializer.finish())
}
