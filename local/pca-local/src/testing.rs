//! For tests in Rust: a service on a port of its own, with its clock in hand.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use time::Duration;
//!
//! let pca = pca_local::testing::start().await.unwrap();
//! // A client of any SDK, at `pca.endpoint()`.
//! assert!(pca.endpoint().starts_with("http://127.0.0.1:"));
//! let clock = pca.service().timeline().clock().now();
//! pca.service().timeline().advance_to(clock + Duration::days(30)).await;
//! pca.stop().await;
//! # });
//! ```
//!
//! A client of the Rust SDK needs no port: give its configuration
//! [`PcaLocal::http_client`](crate::PcaLocal::http_client).

use std::io;

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{PcaLocal, Server, Timings};

/// A service that answers on a port. It ends with the value.
pub struct Running {
    endpoint: String,
    service: PcaLocal,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// A service in memory on a free port of 127.0.0.1, where things are done when the call is answered
/// ([`Timings::IMMEDIATE`]).
///
/// # Errors
/// When the system has no port.
pub async fn start() -> io::Result<Running> {
    serve(PcaLocal::builder().timings(Timings::IMMEDIATE).build()).await
}

/// A service of your own settings on a free port of 127.0.0.1. Its clock runs what falls due when it
/// is advanced, and by itself as long as it runs.
///
/// # Errors
/// When the system has no port.
pub async fn serve(service: PcaLocal) -> io::Result<Running> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let (router, timeline) = (service.router(), service.timeline().clone());
    let server = tokio::spawn(async move {
        let stopped = async {
            // A value that was dropped has stopped, too.
            let _ = stopped.await;
        };
        tokio::select! {
            () = Server::new(listener).serve(router, stopped) => {}
            () = timeline.follow() => {}
        }
    });
    Ok(Running { endpoint, service, stop: Some(stop), server })
}

impl Running {
    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Its clock, faults, timings and state.
    pub fn service(&self) -> &PcaLocal {
        &self.service
    }

    /// Ends it, and waits until open calls have ended, two seconds at most.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = (&mut self.server).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stop.is_some() {
            self.server.abort();
        }
    }
}
