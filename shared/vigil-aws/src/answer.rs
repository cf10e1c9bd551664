//! What a failed call means: the service's error codes as the kinds that the jobs distinguish.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use vigil_core::ports::{Cause, PortError};

/// What the service said, with the id under which AWS finds the request.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}{request}")]
struct Refused {
    code: String,
    message: String,
    request: String,
}

pub(crate) fn port_error<E, R>(
    operation: &'static str,
    resource: &str,
    error: SdkError<E, R>,
) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let resource = resource.to_owned();
    let Some(service) = error.as_service_error() else {
        return PortError::Other { operation, resource, cause: Box::new(error) };
    };
    let code = service.code().unwrap_or("(no error code)").to_owned();
    let request = match service.meta().extra("aws_request_id") {
        Some(id) => format!(" (request {id})"),
        None => String::new(),
    };
    let message = service.message().unwrap_or("(no message)").to_owned();
    let cause: Cause = Box::new(Refused { code: code.clone(), message, request });
    match code.as_str() {
        // SNS says AuthorizationError.
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "UnauthorizedOperation" => PortError::Denied { operation, resource, cause },
        "DisabledException"
        | "InvalidKeyUsageException"
        | "InvalidStateException"
        | "KMSInvalidStateException" => PortError::InvalidState { operation, resource, cause },
        "NoSuchBucket"
        | "NoSuchKey"
        | "NotFound"
        | "NotFoundException"
        | "QueueDoesNotExist"
        | "ResourceNotFoundException" => PortError::NotFound { operation, resource, cause },
        "RequestLimitExceeded"
        | "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => PortError::Throttled { operation, resource, cause },
        _ => PortError::Other { operation, resource, cause },
    }
}
