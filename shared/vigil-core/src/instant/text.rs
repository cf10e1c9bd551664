//! Moments in JSON, in RFC 3339: for `#[serde(with = …)]`.
//!
//! What is read is as `time` reads it, but for moments that cannot be written in UTC: an object or event
//! with one of them is malformed.

use serde::{Deserializer, Serializer, de::Error as _};
use time::{OffsetDateTime, serde::rfc3339};

use super::{NotAMoment, writable};

/// As it is, with its offset: what was signed stays what it was.
///
/// # Errors
///
/// The serializer's, or that the moment has no such form.
pub fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    rfc3339::serialize(at, serializer)
}

/// A moment that can be written again, in UTC, too.
///
/// # Errors
///
/// The deserializer's, or that the text is not such a moment.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let at = rfc3339::deserialize(deserializer)?;
    writable(at).ok_or_else(|| D::Error::custom(NotAMoment::Beyond))
}

/// The same where there may be none.
pub mod option {
    use super::*;

    /// As it is, with its offset.
    ///
    /// # Errors
    ///
    /// The serializer's, or that the moment has no such form.
    pub fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        rfc3339::option::serialize(at, serializer)
    }

    /// A moment that can be written again, in UTC, too.
    ///
    /// # Errors
    ///
    /// The deserializer's, or that the text is not such a moment.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let Some(at) = rfc3339::option::deserialize(deserializer)? else { return Ok(None) };
        writable(at).map(Some).ok_or_else(|| D::Error::custom(NotAMoment::Beyond))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Object {
        #[serde(with = "crate::instant::text")]
        at: OffsetDateTime,
        #[serde(default, with = "crate::instant::text::option")]
        until: Option<OffsetDateTime>,
    }

    #[test]
    fn an_object_with_a_moment_beyond_utc_is_malformed() {
        for beyond in super::super::tests::BEYOND {
            let at = format!(r#"{{"at": "{beyond}"}}"#);
            let until = format!(r#"{{"at": "2026-11-20T10:00:00Z", "until": "{beyond}"}}"#);
            for body in [at, until] {
                let error = serde_json::from_str::<Object>(&body).unwrap_err().to_string();
                assert!(error.contains("years 0 to 9999"), "{body}: {error}");
            }
        }
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for (at, until) in [
            ("2026-11-20T10:00:00+02:00", "null"),
            ("9999-12-31T23:59:59Z", r#""0000-01-01T00:00:00-23:59""#),
        ] {
            let body = format!(r#"{{"at":"{at}","until":{until}}}"#);
            let object: Object = serde_json::from_str(&body).unwrap();
            assert_eq!(serde_json::to_string(&object).unwrap(), body);
        }
    }
}
