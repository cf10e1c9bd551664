//! The part of S3 Control that is served: Block Public Access of the account, which S3 takes together with
//! each bucket's own, and empty lists of access points.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use s3s::dto::PublicAccessBlockConfiguration;
use s3s::xml::{Deserialize as _, Deserializer};

use super::Service;
use super::config::PublicAccessBlock;
use super::events::Requester;

const PATH: &str = "/v20180820/configuration/publicAccessBlock";
/// The account has no access points, which scanners list: path, action, answer.
const NO_ACCESS_POINTS: [(&str, &str, &str); 2] = [
    (
        "/v20180820/accesspoint",
        "s3:ListAccessPoints",
        "<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>",
    ),
    (
        "/v20180820/mrap/instances",
        "s3:ListMultiRegionAccessPoints",
        "<ListMultiRegionAccessPointsResult><AccessPoints/></ListMultiRegionAccessPointsResult>",
    ),
];

/// S3 Control signs as S3 does; its paths begin with its version, and name the account in a header.
pub(crate) fn is_control(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with("/v20180820/") && headers.contains_key("x-amz-account-id")
}

impl Service {
    /// A call of S3 Control, which only the account itself may make, for itself.
    pub(crate) fn control(
        &self,
        (method, path): (&Method, &str),
        headers: &HeaderMap,
        access_key: Option<&str>,
        body: &Bytes,
    ) -> Response {
        let ours = &self.shared.account;
        let of = headers.get("x-amz-account-id").and_then(|account| account.to_str().ok());
        let by = access_key.map(|access_key| ours.of_access_key(access_key).id);
        let (Some(access_key), true) = (access_key, by.is_some() && by.as_deref() == of) else {
            return refused(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        };
        if of != Some(&ours.id) {
            let why = format!("This stack is the account {}", ours.id);
            return refused(StatusCode::FORBIDDEN, "AccessDenied", &why);
        }
        if let Some((action, empty)) = NO_ACCESS_POINTS.iter().find_map(|(of, action, empty)| {
            (*of == path && *method == Method::GET).then_some((action, empty))
        }) {
            return match self.shared.roles.permit(access_key, action, "*") {
                Ok(()) => xml(StatusCode::OK, empty),
                Err(why) => {
                    let why = format!("Access Denied: {action}: {why}");
                    refused(StatusCode::FORBIDDEN, "AccessDenied", &why)
                }
            };
        }
        let action = match (path, method.as_str()) {
            (PATH, "GET") => "s3:GetAccountPublicAccessBlock",
            (PATH, "PUT" | "DELETE") => "s3:PutAccountPublicAccessBlock",
            _ => {
                let why = "of S3 Control, vigil-local serves the public access block and lists of \
                           access points";
                return refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented", why);
            }
        };
        if let Err(why) = self.shared.roles.permit(access_key, action, "*") {
            let why = format!("Access Denied: {action}: {why}");
            return refused(StatusCode::FORBIDDEN, "AccessDenied", &why);
        }
        self.carry_out(method, headers, access_key, body)
    }

    /// What the caller may do.
    fn carry_out(
        &self,
        method: &Method,
        headers: &HeaderMap,
        access_key: &str,
        body: &Bytes,
    ) -> Response {
        let account = self.shared.configs.account();
        let done = match *method {
            Method::GET => return shown(account.get()),
            Method::PUT => {
                match PublicAccessBlockConfiguration::deserialize(&mut Deserializer::new(body)) {
                    Ok(asked) => account.set(Some(PublicAccessBlock::of(&asked))),
                    Err(error) => {
                        return refused(
                            StatusCode::BAD_REQUEST,
                            "MalformedXML",
                            &error.to_string(),
                        );
                    }
                }
            }
            _ => account.set(None),
        };
        // CloudTrail's names (Amazon S3 User Guide, "Amazon S3 CloudTrail events").
        let (status, name) = match *method {
            Method::DELETE => (StatusCode::NO_CONTENT, "DeleteAccountPublicAccessBlock"),
            _ => (StatusCode::OK, "PutAccountPublicAccessBlock"),
        };
        match done {
            Ok(()) => {
                let requester = Requester::by_key(&self.shared, access_key, headers);
                self.shared.record_account_call(&requester, name);
                status.into_response()
            }
            Err(error) => {
                let error = crate::s3::internal(error).to_string();
                refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error)
            }
        }
    }
}

fn shown(block: Option<PublicAccessBlock>) -> Response {
    let Some(block) = block else {
        let why = "The public access block configuration was not found";
        return refused(StatusCode::NOT_FOUND, "NoSuchPublicAccessBlockConfiguration", why);
    };
    xml(
        StatusCode::OK,
        &format!(
            "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
             <BlockPublicAcls>{}</BlockPublicAcls><IgnorePublicAcls>{}</IgnorePublicAcls>\
             <BlockPublicPolicy>{}</BlockPublicPolicy>\
             <RestrictPublicBuckets>{}</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets
        ),
    )
}

/// S3 Control wraps its errors, as S3 does not.
fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let id = uuid::Uuid::new_v4();
    xml(
        status,
        &format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        ),
    )
}

fn xml(status: StatusCode, body: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    (status, [("content-type", "application/xml")], body).into_response()
}
