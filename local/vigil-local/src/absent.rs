//! Services that are not here answer so that the client of each can read it.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::query;

const CODE: &str = "UnknownServiceException";
/// Those of REST in XML: their requests name the operation in no body.
const REST_XML: [&str; 3] = ["cloudfront", "route53", "s3-outposts"];

/// 501, in XML for clients of the Query protocols and of REST in XML, else in JSON.
pub(crate) fn answer(name: &str, headers: &HeaderMap) -> Response {
    let message = format!(
        "vigil-local serves acm-pca, cloudtrail, events, kms, lambda, logs, s3, securityhub, sns, sqs and sts on this \
         port, and not {name}"
    );
    if !query::is_spoken(headers) && !REST_XML.contains(&name) {
        let body = json!({"__type": CODE, "message": message});
        return (StatusCode::NOT_IMPLEMENTED, axum::Json(body)).into_response();
    }
    let message = query::escape(&message);
    let error = format!("<Code>{CODE}</Code><Message>{message}</Message>");
    let xml = match name {
        "ec2" => format!("<Response><Errors><Error>{error}</Error></Errors></Response>"),
        _ => {
            format!("<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>")
        }
    };
    (StatusCode::NOT_IMPLEMENTED, [(header::CONTENT_TYPE, "text/xml")], xml).into_response()
}
