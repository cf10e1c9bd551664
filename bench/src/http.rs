//! An HTTP client of little cost: it sends prepared bytes and reads a body of known length, one request
//! at a time on a connection that is kept.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::BenchResult;

/// An HTTP/1.1 connection that is kept open.
pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: usize,
    pub(crate) body_length: Option<usize>,
    pub(crate) closes: bool,
}

impl Connection {
    /// Connects with the first request, and again whenever the server has closed.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None, received: Vec::with_capacity(8192) }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    ///
    /// The connection fails, or the answer is not HTTP/1.1.
    pub async fn send(&mut self, request: &[u8]) -> BenchResult<Answer> {
        let failed = |error: std::io::Error| format!("a request to {}: {error}", self.address);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                stream
            }
        };
        stream.write_all(request).await.map_err(failed)?;
        self.received.clear();
        loop {
            let count = stream.read_buf(&mut self.received).await.map_err(failed)?;
            let is_end = count == 0;
            let Some(head) = parse_head(&self.received)? else {
                if is_end {
                    return Err(format!("{} closed without an answer", self.address));
                }
                continue;
            };
            let body = &self.received[head.length..];
            let is_whole = head.body_length.map_or(is_end, |length| body.len() >= length);
            if is_whole {
                let body = body[..head.body_length.unwrap_or(body.len())].to_vec();
                if !head.closes && !is_end {
                    self.stream = Some(stream);
                }
                return Ok(Answer { status: head.status, body });
            }
            if is_end {
                return Err(format!("{} closed within an answer", self.address));
            }
        }
    }
}

/// `None` until the empty line has come.
pub(crate) fn parse_head(received: &[u8]) -> BenchResult<Option<Head>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&received[..end]).map_err(|error| error.to_string())?;
    let mut lines = text.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| format!("'{status_line}' is not an HTTP status line"))?;
    let mut head = Head {
        status,
        length: end + 4,
        body_length: None,
        closes: status_line.starts_with("HTTP/1.0"),
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            head.body_length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes |= value.trim().eq_ignore_ascii_case("close");
        }
    }
    Ok(Some(head))
}
