//! Values of filters. One that no certificate can have is refused: an empty table would read as an
//! answer.

/// The reasons of ACM PCA's RevokeCertificate.
const REASONS: [&str; 8] = [
    "UNSPECIFIED",
    "KEY_COMPROMISE",
    "CERTIFICATE_AUTHORITY_COMPROMISE",
    "AFFILIATION_CHANGED",
    "SUPERSEDED",
    "CESSATION_OF_OPERATION",
    "PRIVILEGE_WITHDRAWN",
    "A_A_COMPROMISE",
];

/// `00:AB`, `0xab` and `00-ab` are one number.
pub(super) fn serial(text: &str) -> Result<String, String> {
    let number = text.trim();
    let number = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")).unwrap_or(number);
    let digits: String = number.chars().filter(|c| !matches!(c, ':' | '-' | ' ')).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("write a serial number in hexadecimal digits, as 00:1f:a2 or 0x1fa2".to_owned());
    }
    Ok(super::filter::digits(&digits))
}

pub(super) fn account(text: &str) -> Result<String, String> {
    if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("write the twelve digits of an account".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn reason(text: &str) -> Result<String, String> {
    let known = REASONS.iter().find(|known| known.eq_ignore_ascii_case(text));
    let known = known.ok_or_else(|| format!("the reasons are {}", REASONS.join(", ")))?;
    Ok((*known).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_one_number_in_each_form_that_tools_print() {
        for text in ["00:1F:A2", "0x1fa2", "0X001FA2", "1f a2", "00-1f-a2", " 1fa2 "] {
            assert_eq!(serial(text), Ok("1fa2".to_owned()), "{text:?}");
        }
        for text in ["zz", "", "0x", "::", "1f.a2", "é"] {
            assert!(serial(text).unwrap_err().contains("hexadecimal"), "{text:?}");
        }
    }

    #[test]
    fn an_account_and_a_reason_that_cannot_be_are_refused() {
        assert_eq!(account("111122223333"), Ok("111122223333".to_owned()));
        for text in ["abc", "4444", "1111222233334", ""] {
            assert!(account(text).unwrap_err().contains("twelve digits"), "{text:?}");
        }
        assert_eq!(reason("Key_Compromise"), Ok("KEY_COMPROMISE".to_owned()));
        assert!(reason("FOO").unwrap_err().contains("SUPERSEDED, CESSATION_OF_OPERATION"));
    }
}
