//! The address that a stack answers at, and who may use its administrative paths.

use std::io::ErrorKind;
use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt as _;
use pca_local::AdminToken;
use tokio::net::TcpListener;

use super::StackError;

pub(super) async fn listen(address: &str) -> Result<TcpListener, StackError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        ErrorKind::AddrInUse => StackError::InUse { address: address.to_owned() },
        _ => StackError::Listen { address: address.to_owned(), cause },
    })
}

/// Where clients on this machine reach the listener: an address that stands for all of them is
/// not one that can be called.
pub(super) fn endpoint(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

pub(super) fn local_address(listener: &TcpListener) -> Result<SocketAddr, StackError> {
    let address = listener.local_addr();
    address.map_err(|cause| StackError::Listen { address: "the listener".to_owned(), cause })
}

/// The token that was given, or one that is needed because others can reach the listener.
pub(super) fn admin_token(
    given: Option<AdminToken>,
    address: SocketAddr,
) -> Result<Option<AdminToken>, StackError> {
    if given.is_some() || address.ip().is_loopback() {
        return Ok(given);
    }
    AdminToken::random().map(Some).ok_or(StackError::Random)
}

pub(super) fn serve(
    listener: TcpListener,
    router: Router,
) -> (tokio::sync::watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    let until_stopped = async move {
        // A dropped sender is a stopped stack.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let server = tokio::spawn(async move {
        // Head and body of an answer leave in two writes; without this the second waits for the
        // client's delayed acknowledgement, 40 ms.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
        });
        let serving = axum::serve(listener, router);
        if let Err(error) = serving.with_graceful_shutdown(until_stopped).await {
            tracing::error!(%error, "the stack has stopped serving");
        }
    });
    (stop, server)
}
