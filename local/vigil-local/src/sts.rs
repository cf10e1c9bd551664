//! STS for one machine: who am I? `GetCallerIdentity`, in the AWS query protocol.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use crate::account::Account;
use crate::query::{self, escape, xml};

pub(crate) fn answer(
    account: &Account,
    access_key: Option<&str>,
    query: Option<&str>,
    body: &Bytes,
) -> Response {
    let body = String::from_utf8_lossy(body);
    let action = [query.unwrap_or_default(), &body]
        .into_iter()
        .flat_map(|form| form.split('&'))
        .find_map(|pair| pair.strip_prefix("Action="))
        .unwrap_or_default()
        .to_owned();
    match (action.as_str(), access_key) {
        ("GetCallerIdentity", Some(access_key)) => identity(account, access_key),
        ("GetCallerIdentity", None) => error(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        (other, _) => error(
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            &format!("vigil-local serves GetCallerIdentity, not {other}"),
        ),
    }
}

fn identity(account: &Account, access_key: &str) -> Response {
    let account = account.of_access_key(access_key);
    let arn = account.user_arn(access_key);
    xml(
        StatusCode::OK,
        &format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>{}</RequestId>\
             </ResponseMetadata></GetCallerIdentityResponse>",
            escape(&arn),
            escape(access_key),
            account.id,
            uuid::Uuid::new_v4()
        ),
    )
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    query::error("https://sts.amazonaws.com/doc/2011-06-15/", status, code, message)
}
