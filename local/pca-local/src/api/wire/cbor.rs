//! Smithy RPC v2 CBOR. A request is read into the form that AWS JSON has, so that what judges requests
//! knows one form only.

use aws_smithy_cbor::{
    Decoder, Encoder,
    codec::{CborCodec, CborCodecSettings},
    data::Type,
    decode::DeserializeError,
};
use aws_smithy_schema::{
    codec::{Codec as _, FinishSerializer as _},
    serde::{SerdeError, SerializableStruct, ShapeSerializer as _},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Number, Value};

use crate::model::api_model::{MODEL, Operation, Shape};
use crate::model::error::ApiError;

/// What serde_json allows in JSON; the model's deepest input has nine levels.
const MAX_DEPTH: u32 = 128;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CborError {
    #[error("a byte string stands where the API has none")]
    ByteString,
    #[error("it cannot be read")]
    Malformed(#[source] DeserializeError),
    #[error("a number has no value")]
    NotANumber,
    #[error("a blob is not a byte string")]
    NotAByteString,
    #[error("it is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("{0} bytes follow it")]
    Trailing(usize),
    #[error("a value is of a kind that requests do not have")]
    Unsupported,
}

impl From<DeserializeError> for CborError {
    fn from(error: DeserializeError) -> Self {
        Self::Malformed(error)
    }
}

/// Byte strings become base64, where the operation has a blob and nowhere else. Whether the value
/// is a request is for [`validate`](super::validate::validate) to say.
pub(crate) fn to_json(operation: &Operation, body: &[u8]) -> Result<Value, CborError> {
    let decoder = &mut Decoder::new(body);
    let value = value(decoder, Some(MODEL.input(operation)), MAX_DEPTH)?;
    match body.len() - decoder.position() {
        0 => Ok(value),
        rest => Err(CborError::Trailing(rest)),
    }
}

/// `shape` is `None` for what the model does not know, which the service ignores.
fn value(decoder: &mut Decoder<'_>, shape: Option<&Shape>, depth: u32) -> Result<Value, CborError> {
    let depth = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
    Ok(match decoder.datatype()? {
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::Bool => decoder.boolean()?.into(),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => decoder.long()?.into(),
        Type::F16 | Type::F32 | Type::F64 => number(decoder.double()?)?,
        // The only tag of the protocol is that of a timestamp.
        Type::Tag => number(decoder.timestamp()?.as_secs_f64())?,
        Type::String | Type::StringIndef => match shape {
            Some(Shape::Blob { .. }) => return Err(CborError::NotAByteString),
            _ => decoder.string()?.into(),
        },
        Type::Bytes | Type::BytesIndef => match shape {
            Some(Shape::Blob { .. }) | None => {
                BASE64_STANDARD.encode(decoder.blob()?.as_ref()).into()
            }
            Some(_) => return Err(CborError::ByteString),
        },
        Type::Array | Type::ArrayIndef => {
            let member = match shape {
                Some(Shape::List { member, .. }) => Some(MODEL.shape(member)),
                _ => None,
            };
            let mut items = Vec::new();
            let mut left = decoder.list()?;
            while has_more(decoder, &mut left)? {
                items.push(value(decoder, member, depth)?);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let mut object = Map::new();
            let mut left = decoder.map()?;
            while has_more(decoder, &mut left)? {
                let name = decoder.string()?;
                let member = match shape {
                    Some(Shape::Structure { members, .. }) => members.get(&name),
                    _ => None,
                };
                let member = member.map(|shape| MODEL.shape(shape));
                object.insert(name, value(decoder, member, depth)?);
            }
            Value::Object(object)
        }
        Type::Simple | Type::Break | Type::Unknown(_) => return Err(CborError::Unsupported),
    })
}

/// Whether another item follows. `left` counts them where their number is encoded; otherwise they
/// end with a break.
fn has_more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, CborError> {
    if let Some(left) = left {
        let more = *left > 0;
        *left = left.saturating_sub(1);
        return Ok(more);
    }
    if decoder.datatype()? == Type::Break {
        decoder.skip()?;
        return Ok(false);
    }
    Ok(true)
}

fn number(value: f64) -> Result<Value, CborError> {
    Number::from_f64(value).map(Value::Number).ok_or(CborError::NotANumber)
}

/// Writes the SDK's own output type.
pub(super) fn write(output: &dyn SerializableStruct) -> Result<Vec<u8>, SerdeError> {
    let mut serializer = CborCodec::new(CborCodecSettings::default()).create_serializer();
    serializer.write_struct(output.schema(), output)?;
    Ok(serializer.finish())
}

pub(crate) fn refusal(error: &ApiError) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(2).str("__type").str(error.code).str("message").str(&error.message);
    encoder.into_writer()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUE: &str = "IssueCertificate";

    fn read(operation: &str, body: &[u8]) -> Result<Value, String> {
        to_json(&MODEL.operations[operation], body).map_err(|error| error.to_string())
    }

    #[test]
    fn a_request_reads_as_it_would_in_json() {
        let mut encoder = Encoder::new(Vec::new());
        encoder.begin_map().str("Csr").blob_bytes(b"-----BEGIN").str("Validity").map(2);
        encoder.str("Type").str("DAYS").str("Value").long(i64::from(u32::MAX) + 1);
        encoder.str("ApiPassthrough").map(1).str("Extensions").map(1).str("CustomExtensions");
        encoder.array(1).map(2).str("Critical").boolean(true).str("ObjectIdentifier").null();
        encoder.str("Unknown").begin_array().blob_bytes(&[0xff]).end();
        encoder.end();
        let want = json!({
            "Csr": "LS0tLS1CRUdJTg==",
            "Validity": {"Type": "DAYS", "Value": 4_294_967_296_i64},
            "ApiPassthrough": {"Extensions": {
                "CustomExtensions": [{"Critical": true, "ObjectIdentifier": null}],
            }},
            "Unknown": ["/w=="],
        });
        assert_eq!(read(ISSUE, &encoder.into_writer()), Ok(want));
    }

    #[test]
    fn what_is_no_request_is_refused_and_says_why() {
        let nested = [vec![0x81; 1_000_000], vec![0x00]].concat();
        for (name, body, want) in [
            ("empty", &b""[..], "it cannot be read"),
            ("truncated map", b"\xa1\x63Csr", "it cannot be read"),
            ("endless map", b"\xbf\x63Csr\xf6", "it cannot be read"),
            ("longer than there is", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "a byte string"),
            ("more items than there are", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "it cannot be"),
            ("nested", &nested, "it is nested more than 128 deep"),
            ("text for a blob", b"\xa1\x63Csr\x61x", "a blob is not a byte string"),
            ("bytes for a text", b"\xa1\x6bTemplateArn\x41x", "a byte string stands where"),
            ("a key that is no text", b"\xa1\x01\x01", "it cannot be read"),
            ("not a number", b"\xf9\x7e\x00", "a number has no value"),
            ("a break alone", b"\xff", "a value is of a kind"),
            ("another tag", b"\xc2\x41\x01", "it cannot be read"),
            ("more than an integer", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "it cannot be read"),
            ("two values", b"\xa0\xa0", "1 bytes follow it"),
        ] {
            let error = read(ISSUE, body).unwrap_err();
            assert!(error.starts_with(want), "{name}: {error}");
        }
    }
}
