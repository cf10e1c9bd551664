//! Serves a router over sockets, with TLS or without: patient with slow clients, but not for ever.

use std::{io, time::Duration};

use axum::Router;
use hyper::{body::Incoming, rt, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::api::{guard::Guard, tls::Tls};

/// How long a client may take for a TLS handshake, and then for the head of each request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// What open connections get to finish when the server stops; an event stream never would.
const GRACE: Duration = Duration::from_secs(2);
/// When the system has no more sockets, asking again at once would not help.
const BREATH: Duration = Duration::from_millis(200);

/// Sockets that a [`Router`] is to be served on.
pub struct Server {
    listener: TcpListener,
    allowed_hosts: Vec<String>,
    head_patience: Duration,
    tls: Option<Tls>,
}

impl Server {
    /// A server without TLS; a client has 30 seconds for the head of a request, and names the server
    /// as [`Guard::of_listener`] allows.
    pub fn new(listener: TcpListener) -> Self {
        Self { listener, allowed_hosts: Vec::new(), head_patience: HEAD_PATIENCE, tls: None }
    }

    /// Answers to these names as well.
    pub fn allow_hosts(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.allowed_hosts.extend(names);
        self
    }

    /// How long a client may take to say what it wants.
    pub fn head_patience(mut self, patience: Duration) -> Self {
        self.head_patience = patience;
        self
    }

    /// Speaks TLS, and nothing else.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Serves until `stop` resolves and what was begun has ended, or has had its time.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let router = match self.listener.local_addr() {
            Ok(address) => Guard::of_listener(address).and(self.allowed_hosts).protect(router),
            Err(error) => {
                tracing::error!(%error, "the address that is listened on is not known");
                return;
            }
        };
        let stopping = watch::Sender::new(false);
        let (mut connections, mut refused) = (JoinSet::new(), 0_u64);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        if std::mem::take(&mut refused) > 0 {
                            tracing::warn!("connections are accepted again");
                        }
                        let connection = Connection {
                            head_patience: self.head_patience,
                            router: router.clone(),
                            stopping: stopping.subscribe(),
                            tls: self.tls.clone(),
                        };
                        connections.spawn(connection.serve(stream));
                    }
                    Err(error) => accept_failed(&error, &mut refused).await,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
        drop(self.listener);
        stopping.send_replace(true);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(GRACE, ended).await.is_err() {
            tracing::debug!("connections that did not end were closed");
        }
    }
}

/// One line for all that follow each other.
async fn accept_failed(error: &io::Error, refused: &mut u64) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        if *refused == 0 {
            tracing::error!(%error, "connections cannot be accepted, until another line says so");
        }
        *refused += 1;
        sleep(BREATH).await;
    }
}

struct Connection {
    head_patience: Duration,
    router: Router,
    stopping: watch::Receiver<bool>,
    tls: Option<Tls>,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Head and body of an answer leave in two writes; without this the second waits for the
        // client's delayed acknowledgement, 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        match &self.tls {
            None => self.speak(TokioIo::new(stream)).await,
            Some(tls) => match timeout(self.head_patience, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(TokioIo::new(stream)).await,
                Ok(Err(error)) => tracing::info!(%error, "a TLS handshake failed"),
                Err(_) => tracing::info!("a TLS handshake took too long"),
            },
        }
    }

    async fn speak(mut self, io: impl rt::Read + rt::Write + Unpin + Send + 'static) {
        let service =
            TowerToHyperService::new(tower::ServiceExt::<http::Request<Incoming>>::map_err(
                self.router,
                |never| match never {},
            ));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_patience)
            .serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let stopping = async {
            // A dropped sender is a stopped server.
            let _ = self.stopping.wait_for(|stopping| *stopping).await;
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopping => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // Clients vanish, and send what is no HTTP; neither is of much interest.
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
