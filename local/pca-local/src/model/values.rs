//! How values that serde does not know stand in records.

use aws_sdk_acmpca::{
    primitives::DateTime,
    types::{
        ActionType, AuditReportResponseFormat, AuditReportStatus,
        CertificateAuthorityConfiguration, CertificateAuthorityType, CertificateAuthorityUsageMode,
        FailureReason, KeyStorageSecurityStandard, RevocationConfiguration, RevocationReason, Tag,
    },
};
use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeDeserializer};
use time::OffsetDateTime;

/// An enumeration of the API: it stands as the API's own word.
pub(crate) trait Word: AsRef<str> + for<'a> From<&'a str> {
    fn known() -> &'static [&'static str];
}

/// A structure of the API: it stands as on the wire.
pub(crate) trait Shape: SerializableStruct + Sized {
    fn read(deserializer: &mut dyn ShapeDeserializer) -> Result<Self, SerdeError>;
}

macro_rules! words {
    ($($word:ty),* $(,)?) => {
        $(impl Word for $word {
            fn known() -> &'static [&'static str] {
                Self::values()
            }
        })*
    };
}

macro_rules! shapes {
    ($($shape:ty),* $(,)?) => {
        $(impl Shape for $shape {
            fn read(deserializer: &mut dyn ShapeDeserializer) -> Result<Self, SerdeError> {
                Self::deserialize(deserializer)
            }
        })*
    };
}

words! {
    ActionType,
    AuditReportResponseFormat,
    AuditReportStatus,
    CertificateAuthorityType,
    CertificateAuthorityUsageMode,
    FailureReason,
    KeyStorageSecurityStandard,
    RevocationReason,
}
shapes!(CertificateAuthorityConfiguration, RevocationConfiguration, Tag);

pub(crate) mod word {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Word;

    pub(crate) fn serialize<T: Word, S: Serializer>(word: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(word.as_ref())
    }

    pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        read(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    fn read<T: Word>(text: &str) -> Result<T, String> {
        if T::known().contains(&text) {
            return Ok(T::from(text));
        }
        Err(format!("'{text}' is not one of {}", T::known().join(", ")))
    }

    pub(crate) mod optional {
        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

        use super::{Word, read};

        pub(crate) fn serialize<T: Word, S: Serializer>(
            word: &Option<T>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            word.as_ref().map(AsRef::as_ref).serialize(to)
        }

        pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<T>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(|text| read(&text)).transpose().map_err(D::Error::custom)
        }
    }

    pub(crate) mod list {
        use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

        use super::{Word, read};

        pub(crate) fn serialize<T: Word, S: Serializer>(
            words: &[T],
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.collect_seq(words.iter().map(AsRef::as_ref))
        }

        pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Vec<T>, D::Error> {
            let texts = Vec::<String>::deserialize(from)?;
            texts.iter().map(|text| read(text)).collect::<Result<_, _>>().map_err(D::Error::custom)
        }
    }
}

pub(crate) mod shape {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _, ser};
    use serde_json::Value;

    use super::Shape;
    use crate::model::shape_json;

    fn to_value<T: Shape>(shape: &T) -> Result<Value, String> {
        let json = shape_json::write(shape).map_err(|error| error.to_string())?;
        serde_json::from_slice(&json).map_err(|error| error.to_string())
    }

    fn from_value<T: Shape>(value: &Value) -> Result<T, String> {
        shape_json::read(value.to_string().as_bytes(), T::read).map_err(|error| error.to_string())
    }

    pub(crate) fn serialize<T: Shape, S: Serializer>(shape: &T, to: S) -> Result<S::Ok, S::Error> {
        to_value(shape).map_err(ser::Error::custom)?.serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Shape, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        from_value(&Value::deserialize(from)?).map_err(D::Error::custom)
    }

    pub(crate) mod list {
        use serde::{
            Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _, ser,
        };
        use serde_json::Value;

        use super::{Shape, from_value, to_value};

        pub(crate) fn serialize<T: Shape, S: Serializer>(
            shapes: &[T],
            to: S,
        ) -> Result<S::Ok, S::Error> {
            let values: Result<Vec<Value>, String> = shapes.iter().map(to_value).collect();
            values.map_err(ser::Error::custom)?.serialize(to)
        }

        pub(crate) fn deserialize<'de, T: Shape, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Vec<T>, D::Error> {
            let values = Vec::<Value>::deserialize(from)?;
            values.iter().map(from_value).collect::<Result<_, _>>().map_err(D::Error::custom)
        }
    }
}

pub(crate) mod base64 {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(octets: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(octets))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64_STANDARD.decode(text).map_err(|error| D::Error::custom(format!("base64: {error}")))
    }
}

/// A serial number as ARNs have it: 32 hexadecimal digits.
pub(crate) mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(serial: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(serial))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(from)?;
        crate::model::arn::parse_serial(&text)
            .ok_or_else(|| D::Error::custom(format!("'{text}' is not a serial: 32 hex digits")))
    }
}

/// The service answers with milliseconds.
pub(crate) fn timestamp(at: OffsetDateTime) -> DateTime {
    let millis = at.unix_timestamp_nanos() / 1_000_000;
    DateTime::from_millis(i64::try_from(millis).expect("a year before 292 million"))
}

pub(crate) fn lower_camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
