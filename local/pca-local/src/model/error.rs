//! What the service refuses with: a code, an HTTP status, a message.

/// An error as it goes over the wire. Modeled exceptions are all HTTP 400; the un-modeled ones
/// carry the status of AWS's "Common Errors" table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The exception's name on the wire, as in `InvalidStateException`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The text that the client reads.
    pub message: String,
}

macro_rules! modeled {
    ($($name:ident => $code:literal),* $(,)?) => {
        const MODELED: &[&str] = &[$($code),*];

        impl ApiError {
            $(pub(crate) fn $name(message: impl Into<String>) -> Self {
                Self { code: $code, status: 400, message: message.into() }
            })*
        }
    };
}

modeled! {
    certificate_mismatch => "CertificateMismatchException",
    invalid_args => "InvalidArgsException",
    invalid_arn => "InvalidArnException",
    invalid_next_token => "InvalidNextTokenException",
    invalid_policy => "InvalidPolicyException",
    invalid_request => "InvalidRequestException",
    invalid_state => "InvalidStateException",
    invalid_tag => "InvalidTagException",
    limit_exceeded => "LimitExceededException",
    malformed_certificate => "MalformedCertificateException",
    malformed_csr => "MalformedCSRException",
    permission_already_exists => "PermissionAlreadyExistsException",
    request_already_processed => "RequestAlreadyProcessedException",
    request_failed => "RequestFailedException",
    request_in_progress => "RequestInProgressException",
    resource_not_found => "ResourceNotFoundException",
    too_many_tags => "TooManyTagsException",
    // Not in the model; the service returns them all the same.
    serialization => "SerializationException",
    validation => "ValidationException",
}

/// The codes that the service is not asked for by any rule of ours: they come from quotas, from
/// signatures, from faults on request, or from nowhere (AWS's "Common Errors" gives the statuses).
const OTHERS: &[(&str, u16)] = &[
    ("AccessDeniedException", 400),
    ("ConcurrentModificationException", 400),
    ("ExpiredTokenException", 403),
    // What is wrong with a signature has 400 at every service that speaks AWS JSON and was seen to
    // answer, and this code (iann0036/cloud9-sync#10); AWS's table has 403.
    ("IncompleteSignatureException", 400),
    ("InternalFailure", 500),
    // aws/aws-sdk-js#254, remind101/logspout-kinesis#21; ACM PCA's table does not have it.
    ("InvalidSignatureException", 400),
    ("LockoutPreventedException", 400),
    // awslabs/amazon-kinesis-client#351, of DynamoDB.
    ("MissingAuthenticationTokenException", 400),
    ("NotAuthorized", 401),
    ("OptInRequired", 403),
    ("RequestEntityTooLargeException", 413),
    ("RequestTimeoutException", 408),
    ("ServiceUnavailable", 503),
    ("ThrottlingException", 400),
    ("UnknownOperationException", 404),
    // aws/aws-sdk-php#2444, of Cognito; aws-azure-login/aws-azure-login#37, of ECS.
    ("UnrecognizedClientException", 400),
];

impl ApiError {
    /// An error by its code; `None` for a code that the service does not have.
    pub(crate) fn with_code(code: &str, message: impl Into<String>) -> Option<Self> {
        let modeled = MODELED.iter().find(|known| **known == code).map(|code| (*code, 400));
        let (code, status) =
            modeled.or_else(|| OTHERS.iter().find(|(known, _)| *known == code).copied())?;
        Some(Self { code, status, message: message.into() })
    }

    /// For what is wrong with the caller and not with the request.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        let known = OTHERS.iter().find(|(known, _)| *known == code);
        Self { code, status: known.map_or(403, |(_, status)| *status), message: message.into() }
    }

    pub(crate) fn throttled() -> Self {
        Self { code: "ThrottlingException", status: 400, message: "Rate exceeded".to_owned() }
    }

    /// The service's words when no resource policy of the CA lets another account in.
    pub(crate) fn access_denied(caller_arn: &str, operation: &str, resource: &str) -> Self {
        let because =
            format!("because no resource-based policy allows the acm-pca:{operation} action");
        Self::not_authorized(caller_arn, operation, resource, &because)
    }

    pub(crate) fn not_authorized(
        caller_arn: &str,
        operation: &str,
        resource: &str,
        because: &str,
    ) -> Self {
        Self {
            code: "AccessDeniedException",
            status: 400,
            message: format!(
                "User: {caller_arn} is not authorized to perform: acm-pca:{operation} on resource: \
                 {resource} {because}"
            ),
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { code: "InternalFailure", status: 500, message: message.into() }
    }

    pub(crate) fn unknown_operation(message: impl Into<String>) -> Self {
        Self { code: "UnknownOperationException", status: 404, message: message.into() }
    }

    pub(crate) fn timed_out(message: impl Into<String>) -> Self {
        Self { code: "RequestTimeoutException", status: 408, message: message.into() }
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self { code: "RequestEntityTooLargeException", status: 413, message: message.into() }
    }
}

/// An error with its causes, outermost first: our errors never repeat their cause.
pub(crate) fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
