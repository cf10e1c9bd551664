//! One certificate as a report lists it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error};
use time::{
    OffsetDateTime,
    format_description::{FormatItem, well_known::Rfc3339},
    macros::format_description,
};

/// The fields by their names in the report; what is newer than this is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Whoever asked for the certificate.
    pub aws_account_id: String,
    /// Set when a service asked, as ACM does.
    #[serde(default)]
    pub requested_by_service_principal: Option<String>,
    pub certificate_arn: String,
    pub serial: String,
    /// Reports before 2020 spelt it `Subject`.
    #[serde(alias = "Subject")]
    pub subject: String,
    #[serde(deserialize_with = "time")]
    pub not_before: OffsetDateTime,
    #[serde(deserialize_with = "time")]
    pub not_after: OffsetDateTime,
    #[serde(deserialize_with = "time")]
    pub issued_at: OffsetDateTime,
    #[serde(default, deserialize_with = "optional_time")]
    pub revoked_at: Option<OffsetDateTime>,
    #[serde(default)]
    pub revocation_reason: Option<String>,
    #[serde(default)]
    pub template_arn: Option<String>,
}

impl Record {
    /// The documentation has a sample with a reason and no time: revoked is what has either.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some() || self.revocation_reason.is_some()
    }
}

/// `2020-02-26T19:39:58+0000`
const FORM: &[FormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]"
);

pub(super) fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, FORM).or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok()
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    parse_time(&text).ok_or_else(|| D::Error::custom(not_a_time(&text)))
}

fn optional_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let text = Option::<Cow<'_, str>>::deserialize(deserializer)?;
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            parse_time(&text).map(Some).ok_or_else(|| D::Error::custom(not_a_time(&text)))
        }
    }
}

pub(super) fn not_a_time(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?} is not a time like 2020-02-26T19:39:58+0000")
}
