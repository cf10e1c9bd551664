//! CRLs that are not files: objects of S3, and what a distribution point serves by HTTP.

use std::{io, ops::ControlFlow};

use vigil_aws::{
    clients::Clients,
    distribution::{HttpDistribution, Route, TlsError},
};
use vigil_core::{
    distribution::DownloadError,
    jobs::crl_audit::MAX_CRL_BYTES,
    ports::{Address, Delivery, Distribution, Objects, PortError},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    #[error("there is no such object")]
    Absent,
    #[error("an object is named s3://BUCKET/KEY")]
    Address,
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error(transparent)]
    Object(#[from] PortError),
    #[error(transparent)]
    Runtime(#[from] io::Error),
    #[error("TLS could not be set up")]
    Tls(#[from] TlsError),
    #[error("it has over {limit} bytes", limit = MAX_CRL_BYTES)]
    TooLarge,
}

/// Whether the argument names something elsewhere.
pub(super) fn is_remote(argument: &str) -> bool {
    scheme(argument).is_some()
}

/// In lower case: RFC 3986 §3.1 has no difference of case here.
fn scheme(argument: &str) -> Option<&'static str> {
    ["http://", "https://", "s3://"].into_iter().find(|scheme| {
        argument.get(..scheme.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(scheme))
    })
}

/// The bytes that the URL names, at most as many as a CRL may have.
pub(super) fn read(url: &str) -> Result<Vec<u8>, RemoteError> {
    let scheme = scheme(url).unwrap_or_default();
    let url = &format!("{scheme}{}", &url[scheme.len()..]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut bytes = Vec::new();
    let mut sink = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        ControlFlow::Continue(())
    };
    match url.strip_prefix("s3://") {
        None => {
            let mut distribution = HttpDistribution::new(Route::Public);
            if url.starts_with("https://") {
                distribution = distribution.with_https()?;
            }
            runtime.block_on(distribution.fetch(url, MAX_CRL_BYTES, &mut sink)).result?;
        }
        Some(address) => {
            let (bucket, key) = address.split_once('/').ok_or(RemoteError::Address)?;
            let delivery = runtime.block_on(async {
                let objects = Clients::load().await.objects();
                objects.read(Address::new(bucket, key), MAX_CRL_BYTES, &mut sink).await
            });
            match delivery? {
                Delivery::Absent => return Err(RemoteError::Absent),
                Delivery::TooLarge => return Err(RemoteError::TooLarge),
                Delivery::Delivered(_) => {}
            }
        }
    }
    Ok(bytes)
}
