//! The load of many clients at little cost, because the server runs on the same cores: one thread, two
//! system calls a request, no runtime.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::BenchResult;
use crate::http::parse_head;

/// An answer, for as long as its client has not sent its next request.
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

/// Keeps `clients` connections busy for as long as there is a `next` request, and hands every answer
/// to `take`. Each client waits for its answer before it sends its next request. Answers are read
/// in the order of the requests: the server has the others to do meanwhile.
pub fn run<'a>(
    address: &str,
    clients: usize,
    mut next: impl FnMut() -> Option<Cow<'a, [u8]>>,
    mut take: impl FnMut(&Answer<'_>) -> BenchResult<()>,
) -> BenchResult<()> {
    let failed = |error: std::io::Error| format!("a request to {address}: {error}");
    let mut waiting = VecDeque::with_capacity(clients);
    while waiting.len() < clients {
        let Some(request) = next() else { break };
        let mut client = Client { address, stream: None, received: Vec::new() };
        client.send(&request).map_err(failed)?;
        waiting.push_back(client);
    }
    while let Some(mut client) = waiting.pop_front() {
        take(&client.receive()?)?;
        if let Some(request) = next() {
            client.send(&request).map_err(failed)?;
            waiting.push_back(client);
        }
    }
    Ok(())
}

struct Client<'a> {
    address: &'a str,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

impl Client<'_> {
    /// Connects with the first request, and again whenever the server has closed.
    fn send(&mut self, request: &[u8]) -> std::io::Result<()> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                none.insert(stream)
            }
        };
        stream.write_all(request)
    }

    fn receive(&mut self) -> BenchResult<Answer<'_>> {
        let mut filled = 0;
        loop {
            if filled == self.received.len() {
                self.received.resize((2 * filled).max(4096), 0);
            }
            let stream = self.stream.as_mut().ok_or("nothing was sent")?;
            let count = stream.read(&mut self.received[filled..]);
            let count = count.map_err(|error| format!("an answer of {}: {error}", self.address))?;
            filled += count;
            if let Some(head) = parse_head(&self.received[..filled])? {
                let body =
                    head.length..head.length + head.body_length.unwrap_or(filled - head.length);
                let is_whole =
                    if head.body_length.is_some() { filled >= body.end } else { count == 0 };
                if is_whole {
                    if head.closes || head.body_length.is_none() {
                        self.stream = None;
                    }
                    return Ok(Answer { status: head.status, body: &self.received[body] });
                }
            }
            if count == 0 {
                return Err(format!("{} closed within an answer", self.address));
            }
        }
    }
}
