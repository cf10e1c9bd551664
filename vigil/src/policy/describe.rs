//! Reads a CA from a file: as `aws acm-pca describe-certificate-authority` prints it, or as Vigil
//! records it in a case.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_core::{
    arn::CaArn,
    ca::{Ca, CaStatus, CaType, UsageMode},
};

use crate::input::{self, InputError};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum NotACa {
    #[error("{path} is neither the AWS CLI's description of a CA nor one of Vigil's")]
    Form {
        path: String,
        #[source]
        cause: serde_json::Error,
    },
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} describes {found}, and the event is about {want}")]
    Other { path: String, found: CaArn, want: CaArn },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    arn: CaArn,
    #[serde(rename = "Type")]
    ca_type: CaType,
    status: CaStatus,
    serial: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    not_before: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "moment")]
    not_after: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "moment")]
    created_at: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "moment")]
    last_state_change_at: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "moment")]
    restorable_until: Option<OffsetDateTime>,
    usage_mode: Option<UsageMode>,
    certificate_authority_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    key_algorithm: Option<String>,
    signing_algorithm: Option<String>,
    subject: Option<Subject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subject {
    common_name: Option<String>,
}

pub(super) fn read(path: &Path, want: &CaArn) -> Result<Ca, NotACa> {
    let json = input::json(path)?;
    let form = |cause| NotACa::Form { path: path.display().to_string(), cause };
    let ca = match json.get("CertificateAuthority") {
        Some(described) => described_ca(described).map_err(form)?,
        None if json.get("Arn").is_some() => described_ca(&json).map_err(form)?,
        None => serde_json::from_value(json).map_err(form)?,
    };
    if ca.arn != *want {
        let (path, want) = (path.display().to_string(), want.clone());
        return Err(NotACa::Other { path, found: ca.arn, want });
    }
    Ok(ca)
}

fn described_ca(json: &Value) -> Result<Ca, serde_json::Error> {
    let of = Described::deserialize(json)?;
    let configuration = of.certificate_authority_configuration;
    let (key_algorithm, signing_algorithm, subject) = match configuration {
        Some(of) => (of.key_algorithm, of.signing_algorithm, of.subject),
        None => (None, None, None),
    };
    Ok(Ca {
        arn: of.arn,
        ca_type: of.ca_type,
        status: of.status,
        common_name: subject.and_then(|subject| subject.common_name),
        key_algorithm,
        signing_algorithm,
        usage_mode: of.usage_mode,
        serial: of.serial,
        not_before: of.not_before,
        not_after: of.not_after,
        created_at: of.created_at,
        last_state_change_at: of.last_state_change_at,
        restorable_until: of.restorable_until,
        crl: None,
        ocsp_enabled: false,
    })
}

/// The AWS CLI writes times as text (its default since version 2) or as seconds.
fn moment<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    use serde::de::Error as _;
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => {
            OffsetDateTime::parse(&text, &Rfc3339).map(Some).map_err(D::Error::custom)
        }
        Value::Number(seconds) => {
            let seconds = seconds.as_f64().unwrap_or(f64::NAN).floor();
            let moment = OffsetDateTime::from_unix_timestamp(seconds as i64);
            moment.map(Some).map_err(D::Error::custom)
        }
        other => Err(D::Error::custom(format!("{other} is not a time"))),
    }
}
