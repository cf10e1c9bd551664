//! The fields of a record that are compared with a CRL. A large report has millions of records.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error};

use super::{
    Fields, Form,
    record::{Text, not_a_time, optional_text, parse_time, seconds_in_utc},
};

/// As the report writes it, `00:11:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serial<'r> {
    /// Sixteen octets, as AWS's have.
    Number(u128),
    /// Another serial, as the report writes it.
    Text(Cow<'r, str>),
}

impl<'r> Serial<'r> {
    fn of(text: Cow<'r, str>) -> Self {
        let usual = text.as_bytes().try_into().ok().and_then(sixteen);
        usual.map_or(Self::Text(text), Self::Number)
    }
}

impl<'r> From<&'r str> for Serial<'r> {
    fn from(text: &'r str) -> Self {
        Self::of(Cow::Borrowed(text))
    }
}

impl<'de: 'r, 'r> Deserialize<'de> for Serial<'r> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        Ok(Self::of(text))
    }
}

/// The number of sixteen octets, each as two hexadecimal digits with colons between them.
pub(super) fn sixteen(text: &[u8; 47]) -> Option<u128> {
    text.chunks(3).try_fold(0, |number, octet| {
        let ([high, low] | [high, low, b':']) = *octet else { return None };
        let digit = |character| char::from(character).to_digit(16).map(u128::from);
        Some(number << 8 | digit(high)? << 4 | digit(low)?)
    })
}

/// Times in seconds since 1970. The fields mean what they mean in [`super::Record`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief<'r> {
    /// The serial number.
    #[serde(borrow)]
    pub serial: Serial<'r>,
    /// The end of validity.
    #[serde(deserialize_with = "time")]
    pub not_after: i64,
    /// When the certificate was issued.
    #[serde(deserialize_with = "time")]
    pub issued_at: i64,
    /// When it was revoked, if the report says so.
    #[serde(default, deserialize_with = "optional_time")]
    pub revoked_at: Option<i64>,
    /// Whether the report gives a reason of revocation.
    #[serde(default, rename = "revocationReason", deserialize_with = "is_there")]
    pub has_reason: bool,
}

impl Brief<'_> {
    /// When the certificate was revoked, if it was: see [`super::Record::is_revoked`].
    pub fn revocation(&self) -> Option<i64> {
        self.revoked_at.or(self.has_reason.then_some(self.issued_at))
    }
}

impl<'r> Form<'r> for Brief<'r> {
    fn of_fields(fields: &Fields<'_, 'r>) -> Result<Self, String> {
        let Fields { columns, .. } = *fields;
        let time = |at: usize| seconds(fields.text(at)?);
        let is_there = |at: usize| !fields.octets(at).is_empty();
        Ok(Self {
            serial: fields.text(columns.serial)?.into(),
            not_after: time(columns.not_after)?,
            issued_at: time(columns.issued_at)?,
            revoked_at: is_there(columns.revoked_at)
                .then(|| time(columns.revoked_at))
                .transpose()?,
            has_reason: is_there(columns.revocation_reason),
        })
    }
}

pub(super) fn seconds(text: &str) -> Result<i64, String> {
    let usual = text.as_bytes().try_into().ok().and_then(seconds_in_utc);
    usual.or_else(|| Some(parse_time(text)?.unix_timestamp())).ok_or_else(|| not_a_time(text))
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    seconds(&text).map_err(D::Error::custom)
}

fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = Option::<Text<'_>>::deserialize(deserializer)?.map(|Text(text)| text);
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| seconds(&text).map_err(D::Error::custom)).transpose()
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(optional_text(deserializer)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_serial_of_16_octets_becomes_a_number() {
        let text = "00:11:22:33:44:55:66:77:88:99:aA:bB:cC:dD:eE:fF";
        let number = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff;
        assert_eq!(Serial::from(text), Serial::Number(number));
        for at in 0..47 {
            for character in [":", "g", "/", "@", "`", ";", " "] {
                let changed = format!("{}{character}{}", &text[..at], &text[at + 1..]);
                let is_same = changed == text;
                let read = Serial::from(changed.as_str());
                assert_eq!(read == Serial::Number(number), is_same, "{changed}");
            }
        }
        assert_eq!(Serial::from("00:11"), Serial::Text("00:11".into()));
    }
}
