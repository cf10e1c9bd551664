//! The API over HTTP: protocols, who calls, what a caller may do, TLS.

pub(crate) mod admin_token;
pub(crate) mod dispatch;
pub(crate) mod guard;
pub(crate) mod http;
pub(crate) mod iam;
pub(crate) mod in_process;
pub(crate) mod plant;
pub(crate) mod protocol;
pub(crate) mod server;
pub(crate) mod signature;
pub(crate) mod tls;
pub(crate) mod wire;
