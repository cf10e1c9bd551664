//! Holds a request against the constraints of the API model, before any operation sees it.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use crate::model::error::ApiError;
use crate::model::{
    api_model::{Bounds, MODEL, Operation, Shape},
    values,
};

/// AWS names this many violations at the most.
const MAX_REPORTED: usize = 10;

/// Checks a request: first that every value has its member's type (a `SerializationException`, the
/// first one only, as a parser would find it), then every constraint (one `ValidationException`
/// that lists all violations).
pub(crate) fn validate(operation: &Operation, request: &Value) -> Result<(), ApiError> {
    let mut found = Vec::new();
    walk(MODEL.input(operation), request, At::Request, &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    let count = found.len();
    found.truncate(MAX_REPORTED);
    let plural = if count == 1 { "error" } else { "errors" };
    Err(ApiError::validation(format!("{count} validation {plural} detected: {}", found.join("; "))))
}

/// A place in a request, written out only where something is wrong with it.
#[derive(Clone, Copy)]
enum At<'a> {
    Request,
    Member(&'a Self, &'a str),
    Item(&'a Self, usize),
}

/// Members appear in messages as AWS spells them there: lower camel case, dotted.
impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => Ok(()),
            Self::Member(Self::Request, name) => f.write_str(&values::lower_camel(name)),
            Self::Member(at, name) => write!(f, "{at}.{}", values::lower_camel(name)),
            Self::Item(at, index) => write!(f, "{at}.{}.member", index + 1),
        }
    }
}

fn walk(shape: &Shape, value: &Value, at: At<'_>, found: &mut Vec<String>) -> Result<(), ApiError> {
    match (shape, value) {
        (Shape::Structure { members, required }, Value::Object(given)) => {
            for name in required {
                if given.get(name).is_none_or(Value::is_null) {
                    let at = At::Member(&at, name);
                    found.push(format!(
                        "Value null at '{at}' failed to satisfy constraint: Member must not be null"
                    ));
                }
            }
            // Members that the model does not know are ignored, as the service ignores them.
            for (name, member) in members {
                if let Some(value) = given.get(name).filter(|value| !value.is_null()) {
                    walk(MODEL.shape(member), value, At::Member(&at, name), found)?;
                }
            }
            Ok(())
        }
        (Shape::List { member, length }, Value::Array(items)) => {
            if let Some(constraint) = length_violation(items.len(), *length) {
                found.push(violation(&shown(value), at, &constraint));
            }
            for (index, item) in items.iter().enumerate() {
                walk(MODEL.shape(member), item, At::Item(&at, index), found)?;
            }
            Ok(())
        }
        (Shape::String { length, pattern, values }, Value::String(text)) => {
            if let Some(values) = values {
                if !values.contains(text) {
                    let constraint =
                        format!("Member must satisfy enum value set: [{}]", values.join(", "));
                    found.push(violation(text, at, &constraint));
                }
                return Ok(());
            }
            if let Some(constraint) = length_violation(text.chars().count(), *length) {
                found.push(violation(text, at, &constraint));
            }
            if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                let constraint =
                    format!("Member must satisfy regular expression pattern: {}", pattern.source);
                found.push(violation(text, at, &constraint));
            }
            Ok(())
        }
        (Shape::Blob { length }, Value::String(text)) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|error| {
                ApiError::serialization(format!("'{at}' is not valid base64: {error}"))
            })?;
            if let Some(constraint) = length_violation(bytes.len(), *length) {
                found.push(violation("java.nio.HeapByteBuffer", at, &constraint));
            }
            Ok(())
        }
        (Shape::Integer { range } | Shape::Long { range }, Value::Number(number)) => {
            let Some(given) = number.as_i64() else {
                return Err(wrong_type(at, "an integer"));
            };
            if matches!(shape, Shape::Integer { .. }) && i32::try_from(given).is_err() {
                return Err(wrong_type(at, "a 32-bit integer"));
            }
            if let Some(constraint) = range_violation(given, *range) {
                found.push(violation(&given.to_string(), at, &constraint));
            }
            Ok(())
        }
        (Shape::Boolean {}, Value::Bool(_)) | (Shape::Timestamp {}, Value::Number(_)) => Ok(()),
        (Shape::Structure { .. }, _) => Err(wrong_type(at, "an object")),
        (Shape::List { .. }, _) => Err(wrong_type(at, "a list")),
        (Shape::String { .. }, _) => Err(wrong_type(at, "a string")),
        (Shape::Blob { .. }, _) => Err(wrong_type(at, "a base64 string")),
        (Shape::Integer { .. } | Shape::Long { .. }, _) => Err(wrong_type(at, "an integer")),
        (Shape::Boolean {}, _) => Err(wrong_type(at, "a boolean")),
        (Shape::Timestamp {}, _) => Err(wrong_type(at, "a number of seconds")),
    }
}

fn length_violation(length: usize, bounds: Bounds) -> Option<String> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if bounds.min.is_some_and(|min| length < min) {
        let min = bounds.min.unwrap_or_default();
        return Some(format!("Member must have length greater than or equal to {min}"));
    }
    bounds
        .max
        .filter(|max| length > *max)
        .map(|max| format!("Member must have length less than or equal to {max}"))
}

fn range_violation(value: i64, bounds: Bounds) -> Option<String> {
    if let Some(min) = bounds.min.filter(|min| value < *min) {
        return Some(format!("Member must have value greater than or equal to {min}"));
    }
    bounds
        .max
        .filter(|max| value > *max)
        .map(|max| format!("Member must have value less than or equal to {max}"))
}

fn violation(value: &str, at: At<'_>, constraint: &str) -> String {
    format!("Value '{value}' at '{at}' failed to satisfy constraint: {constraint}")
}

fn wrong_type(at: At<'_>, wanted: &str) -> ApiError {
    ApiError::serialization(match at {
        At::Request => format!("the request must be {wanted}"),
        At::Member(..) | At::Item(..) => format!("{at} must be {wanted}"),
    })
}

fn shown(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(operation: &str, request: Value) -> Result<(), ApiError> {
        validate(&MODEL.operations[operation], &request)
    }

    #[test]
    fn a_violation_is_reported_as_the_service_words_it() {
        let arn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x";
        for (request, want) in [
            (
                json!({}),
                "1 validation error detected: Value null at 'certificateAuthorityArn' failed to \
                 satisfy constraint: Member must not be null",
            ),
            (
                json!({"CertificateAuthorityArn": arn, "PermanentDeletionTimeInDays": 6}),
                "1 validation error detected: Value '6' at 'permanentDeletionTimeInDays' failed to \
                 satisfy constraint: Member must have value greater than or equal to 7",
            ),
            (
                json!({"CertificateAuthorityArn": arn, "PermanentDeletionTimeInDays": 31}),
                "1 validation error detected: Value '31' at 'permanentDeletionTimeInDays' failed \
                 to satisfy constraint: Member must have value less than or equal to 30",
            ),
            (
                json!({"CertificateAuthorityArn": "arn:aws:s3:::b"}),
                "1 validation error detected: Value 'arn:aws:s3:::b' at 'certificateAuthorityArn' \
                 failed to satisfy constraint: Member must satisfy regular expression pattern: \
                 arn:[\\w+=/,.@-]+:acm-pca:[\\w+=/,.@-]*:[0-9]*:[\\w+=,.@-]+(/[\\w+=,.@-]+)*",
            ),
        ] {
            let error = check("DeleteCertificateAuthority", request).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), ("ValidationException", want));
        }
        for days in [7, 30] {
            let request =
                json!({"CertificateAuthorityArn": arn, "PermanentDeletionTimeInDays": days});
            assert_eq!(check("DeleteCertificateAuthority", request), Ok(()));
        }
    }

    #[test]
    fn several_violations_are_reported_together_with_their_paths() {
        let error = check(
            "TagCertificateAuthority",
            json!({"CertificateAuthorityArn": "x", "Tags": [{"Key": ""}, {"Value": "v"}]}),
        )
        .unwrap_err();
        assert!(error.message.starts_with("4 validation errors detected: "), "{}", error.message);
        assert!(error.message.contains("at 'tags.1.member.key'"), "{}", error.message);
        assert!(error.message.contains("Value null at 'tags.2.member.key'"), "{}", error.message);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_a_serialization_error() {
        for (request, want) in [
            (json!([]), "the request must be an object"),
            (json!({"CertificateAuthorityArn": 1}), "certificateAuthorityArn must be a string"),
            (
                json!({"CertificateAuthorityArn": "arn:aws:acm-pca:r:1:c/x", "Certificate": "!"}),
                "'certificate' is not valid base64: Invalid symbol 33, offset 0.",
            ),
        ] {
            let error = check("ImportCertificateAuthorityCertificate", request).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), ("SerializationException", want));
        }
    }

    #[test]
    fn every_pattern_of_the_model_compiles() {
        assert_eq!(MODEL.operations.len(), 23);
    }
}
