//! Answers in the AWS query protocol, which STS and SNS speak.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

pub(crate) fn error(xmlns: &str, status: StatusCode, code: &str, message: &str) -> Response {
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"{xmlns}\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
             <RequestId>{}</RequestId></ErrorResponse>",
            escape(message),
            uuid::Uuid::new_v4()
        ),
    )
}

pub(crate) fn xml(status: StatusCode, body: &str) -> Response {
    (status, [("content-type", "text/xml")], body.to_owned()).into_response()
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
