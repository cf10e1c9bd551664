//! `pca-local health`: what a container image without a shell or curl asks.

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Prints what `/_pca-local/health` says.
///
/// # Errors
/// When it does not answer, or says that it is failing.
pub(crate) fn health(address: &str) -> Result<(), String> {
    let answer = ask(address).map_err(|error| format!("{address} does not answer: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1);
    if status == Some("200") { super::print(&format!("{body}\n")) } else { Err(body.to_owned()) }
}

fn ask(address: &str) -> io::Result<String> {
    let none = || io::Error::other("the name has no address");
    let at = address.to_socket_addrs()?.next().ok_or_else(none)?;
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /_pca-local/health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    // It is short; what is longer is another service's.
    stream.take(1 << 16).read_to_string(&mut answer)?;
    Ok(answer)
}
