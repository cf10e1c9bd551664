//! Whether a record is, octet for octet, as Vigil writes records.
//!
//! Of a member that is there twice, one reader of JSON takes the first and another the last. The hash chain
//! is over the last, so a person could be shown what no hash is over.

use super::{Case, CaseError};
use crate::ports;

impl Case {
    /// Reads a record that a person is to rely on: with or without its seal, nothing else may be in it than
    /// what is verified. The seal itself is not verified.
    ///
    /// # Errors
    ///
    /// [`CaseError`] if the body is not a record that holds together, or is in another form.
    pub fn read_as_written(body: &[u8]) -> Result<Self, CaseError> {
        let case = Self::read(body)?;
        let written = case.to_json()?;
        let body = body.trim_ascii_end();
        if body == written || ports::without_seal(body).is_some_and(|body| body == written) {
            return Ok(case);
        }
        Err(CaseError::NotAsWritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fakes, ports::seal};

    const RECORD: &str = include_str!("../../../../../../vigil/tests/case.json");

    fn read(text: &str) -> Result<Case, CaseError> {
        Case::read_as_written(text.as_bytes())
    }

    #[test]
    fn a_record_with_or_without_its_seal_is_as_written() {
        let sealed = seal(&fakes::SECRET, "cases/a/b.json", RECORD.as_bytes().to_vec());
        assert!(Case::read_as_written(&sealed).is_ok());
        assert!(read(RECORD).is_ok());
        assert!(read(&format!("{RECORD}\n")).is_ok());
    }

    #[test]
    fn what_no_hash_is_over_is_not_as_written() {
        let twice = RECORD.replacen("\"by\":", "\"by\": {\"arn\": \"user/innocent\"}, \"by\":", 1);
        let more = RECORD.replacen('{', "{\"approved_by\": \"the board\",", 1);
        let heading = RECORD.replacen('{', "{\"state\": \"lost\",", 1);
        let dense = serde_json::from_str::<serde_json::Value>(RECORD).unwrap().to_string();
        let unsealed = format!("{},\"seal\":\"no tag\"}}", RECORD.trim_end_matches('}'));
        for forged in [twice, more, heading, dense, unsealed] {
            assert!(read(&forged).is_err(), "{forged}");
        }
    }
}
