//! The messages of errors that the S3 library leaves without one: clients show "Unknown" for those.

use http::header;
use s3s::Body;

/// An error is a few lines of XML.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// S3 API reference, "Error responses", "List of error codes".
const MESSAGES: [(&str, &str); 13] = [
    ("AccessDenied", "Access Denied"),
    ("BucketNotEmpty", "The bucket you tried to delete is not empty"),
    ("InternalError", "We encountered an internal error. Please try again."),
    ("InvalidRange", "The requested range is not satisfiable"),
    ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    ("NoSuchBucket", "The specified bucket does not exist"),
    ("NoSuchKey", "The specified key does not exist."),
    (
        "NoSuchUpload",
        "The specified multipart upload does not exist. The upload ID may be invalid, or the upload \
         may have been aborted or completed.",
    ),
    ("NoSuchVersion", "The specified version does not exist."),
    ("NotImplemented", "A header you provided implies functionality that is not implemented"),
    ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your \
         key and signing method.",
    ),
];

/// The same response, its error with a message.
pub(super) async fn complete(response: http::Response<Body>) -> http::Response<Body> {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let (mut parts, mut body) = response.into_parts();
    let Ok(bytes) = body.store_all_limited(MAX_ERROR_BYTES).await else {
        return http::Response::from_parts(parts, body);
    };
    let Some(completed) = std::str::from_utf8(&bytes).ok().and_then(with_message) else {
        return http::Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    http::Response::from_parts(parts, Body::from(completed))
}

fn with_message(xml: &str) -> Option<String> {
    if xml.contains("<Message>") {
        return None;
    }
    let (before, rest) = xml.split_once("<Code>")?;
    let (code, after) = rest.split_once("</Code>")?;
    let (_, message) = MESSAGES.iter().find(|(known, _)| *known == code)?;
    Some(format!("{before}<Code>{code}</Code><Message>{message}</Message>{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_code_without_a_message_gets_one() {
        let error = |inner: &str| format!("<?xml version=\"1.0\"?><Error>{inner}</Error>");
        let bare = error("<Code>NoSuchKey</Code><RequestId>1</RequestId>");
        let want = error(
            "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>\
             <RequestId>1</RequestId>",
        );
        assert_eq!(with_message(&bare), Some(want.clone()));
        assert_eq!(with_message(&want), None);
        assert_eq!(with_message(&error("<Code>Unheard</Code>")), None);
        assert_eq!(with_message("not XML"), None);
    }
}
