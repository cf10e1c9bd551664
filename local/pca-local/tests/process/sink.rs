//! An S3 that takes objects, refuses them, or answers nonsense.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use der::Decode as _;
use x509_cert::{crl::CertificateList, ext::pkix::CrlNumber};

/// Takes every object, and notes the numbers of the CRLs among them as they come.
pub(crate) struct Sink {
    pub(crate) address: String,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    pub(crate) numbers: Arc<Mutex<BTreeMap<String, Vec<u64>>>>,
    mood: Arc<Mutex<Mood>>,
}

/// How the sink answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mood {
    Takes,
    Refuses(u16),
    /// Closes the connection without an answer.
    Resets,
    /// Answers what is no HTTP.
    Garbles,
}

impl Sink {
    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap().to_string(),
            objects: Arc::default(),
            numbers: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Takes)),
        };
        let (objects, numbers) = (Arc::clone(&sink.objects), Arc::clone(&sink.numbers));
        let mood = Arc::clone(&sink.mood);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (objects, numbers) = (Arc::clone(&objects), Arc::clone(&numbers));
                let mood = Arc::clone(&mood);
                std::thread::spawn(move || serve(stream, &objects, &numbers, &mood));
            }
        });
        sink
    }

    /// By the end of its key.
    pub(crate) fn object(&self, key: &str) -> Vec<u8> {
        let objects = self.objects.lock().unwrap();
        let found = objects.iter().find(|(path, _)| path.ends_with(key));
        found.unwrap_or_else(|| panic!("no object at {key}")).1.clone()
    }

    /// The serials on a CA's CRL.
    pub(crate) fn crl(&self, ca: &str) -> Vec<String> {
        let crl = self.object(&format!("crl/{ca}.crl"));
        let crl: CertificateList = CertificateList::from_der(&crl).unwrap();
        let revoked = crl.tbs_cert_list.revoked_certificates.unwrap_or_default();
        revoked.iter().map(|entry| in_32_digits(entry.serial_number.as_bytes())).collect()
    }
}

/// Without the zero that keeps it positive, and as long as ours are.
fn in_32_digits(serial: &[u8]) -> String {
    format!("{:0>32}", hex::encode(serial).trim_start_matches('0'))
}

fn serve(
    stream: TcpStream,
    objects: &Mutex<BTreeMap<String, Vec<u8>>>,
    numbers: &Mutex<BTreeMap<String, Vec<u64>>>,
    mood: &Mutex<Mood>,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if path.is_empty() {
                path = line.split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line == "expect: 100-continue" {
                let _ = reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mood = *mood.lock().unwrap();
        let answer = match mood {
            Mood::Takes => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Mood::Refuses(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"),
            Mood::Resets => return,
            Mood::Garbles => "\u{1}\u{2}nonsense\r\n\r\n".to_owned(),
        };
        if mood == Mood::Takes && path.ends_with(".crl") {
            numbers.lock().unwrap().entry(path.clone()).or_default().push(number(&body));
        }
        if mood == Mood::Takes {
            objects.lock().unwrap().insert(path, body);
        }
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn number(crl: &[u8]) -> u64 {
    let crl: CertificateList = CertificateList::from_der(crl).unwrap();
    let extensions = crl.tbs_cert_list.crl_extensions.unwrap();
    let number = extensions
        .iter()
        .find_map(|extension| CrlNumber::from_der(extension.extn_value.as_bytes()).ok())
        .unwrap();
    number.0.as_bytes().iter().fold(0, |value, octet| (value << 8) | u64::from(*octet))
}
