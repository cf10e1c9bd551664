//! Answers in the AWS query protocol, which STS and SNS speak.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// Whether the client speaks it.
pub(crate) fn is_spoken(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

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
