//! The part of Lambda's Runtime API that a function needs to be started and invoked:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
};

/// A Runtime API for one function. `T` is the stamp of a moment: an instant, or nothing.
pub struct RuntimeApi<T> {
    /// Where it listens.
    pub address: SocketAddr,
    /// The events that the function gets, one for each request that it makes for the next one.
    pub events: Sender<String>,
    /// When the function asked for an event.
    pub polls: Receiver<T>,
    /// What functions answered.
    pub answers: Receiver<Answer<T>>,
}

/// What the function posted for an event.
#[derive(Debug)]
pub struct Answer<T> {
    /// When the answer came.
    pub at: T,
    /// Whether it was posted as an error.
    pub failed: bool,
    /// The result or the error, in JSON.
    pub body: Vec<u8>,
}

struct Ends<T> {
    events: Arc<Mutex<Receiver<String>>>,
    polled: Sender<T>,
    answered: Sender<Answer<T>>,
    stamp: fn() -> T,
}

impl<T: Send + 'static> RuntimeApi<T> {
    /// Listens on a free port of this machine until the process ends.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub fn start(stamp: fn() -> T) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (events, waiting) = channel();
        let (polled, polls) = channel();
        let (answered, answers) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (polled, answered) = (polled.clone(), answered.clone());
                let ends = Ends { events: Arc::clone(&waiting), polled, answered, stamp };
                std::thread::spawn(move || serve(stream, &ends));
            }
        });
        Ok(Self { address, events, polls, answers })
    }
}

fn serve<T>(stream: TcpStream, ends: &Ends<T>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (line, body) = request(&mut reader)?;
        let at = (ends.stamp)();
        if line.starts_with("GET ") {
            ends.polled.send(at).ok()?;
            // With nothing left to do, Lambda freezes the function: no answer.
            let event = ends.events.lock().ok()?.recv().ok()?;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-1\r\n\
                 Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:f\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
                event.len()
            );
            writer.write_all(answer.as_bytes()).ok()?;
        } else {
            let failed = line.contains("/error");
            ends.answered.send(Answer { at, failed, body }).ok()?;
            writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").ok()?;
        }
    }
}

/// The request line and the body; `None` at the connection's end.
fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length, mut is_chunked) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
        if first.is_empty() {
            first = line;
        }
    }
    if is_chunked {
        return Some((first, chunked(reader)?));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, body))
}

/// A body in chunks (RFC 9112 §7.1), as the Go runtime sends it.
fn chunked(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
