//! The members of a request.

use serde_json::Value;

use super::keys::{KmsRefusal, refuse};

pub(super) fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, KmsRefusal> {
    let missing = || refuse("ValidationException", &format!("{name} is missing"));
    request[name].as_str().filter(|text| !text.is_empty()).ok_or_else(missing)
}
