//! The OpenSSL command line in a directory of its own.

use std::path::Path;
use std::process::Command;

use pca_local::x509::pem;
use tempfile::TempDir;

/// OpenSSL's command line in a folder of its own.
pub struct OpenSsl {
    directory: TempDir,
}

/// An extension as `openssl x509 -text` prints it.
#[derive(Debug, PartialEq, Eq)]
pub struct Printed {
    /// As OpenSSL prints it.
    pub name: String,
    /// Whether it is critical.
    pub critical: bool,
    /// As OpenSSL prints it.
    pub value: String,
}

impl Default for OpenSsl {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenSsl {
    /// A new, empty folder.
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file.
    pub fn write(&self, file: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(file), contents).unwrap();
    }

    /// Writes a certificate as PEM.
    pub fn write_certificate(&self, file: &str, der: &[u8]) {
        self.write(file, pem::encode(pem::CERTIFICATE, der));
    }

    /// Reads a file.
    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path().join(file)).unwrap()
    }

    /// Runs a command line without quoting and returns what it printed, or its complaint.
    ///
    /// # Errors
    ///
    /// The command's standard error, if it fails.
    pub fn attempt(&self, arguments: &str) -> Result<String, String> {
        let output = Command::new("openssl")
            .args(arguments.split_ascii_whitespace())
            .current_dir(self.path())
            .output()
            .expect("the openssl command is installed");
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() { Ok(out + &error) } else { Err(out + &error) }
    }

    /// Runs `openssl` with these arguments, separated by blanks; gives its standard output.
    pub fn run(&self, arguments: &str) -> String {
        self.attempt(arguments).unwrap_or_else(|error| panic!("openssl {arguments}: {error}"))
    }

    /// The extensions of a certificate as OpenSSL prints them.
    pub fn extensions(&self, der: &[u8]) -> Vec<Printed> {
        self.write("printed.der", der);
        printed_extensions(&self.run("x509 -inform DER -in printed.der -noout -text"))
    }
}

/// Headings are indented by 12 columns, values by more.
fn printed_extensions(text: &str) -> Vec<Printed> {
    let mut printed: Vec<Printed> = Vec::new();
    let lines = text.lines().skip_while(|line| !line.contains("X509v3 extensions:")).skip(1);
    for line in lines.take_while(|line| line.starts_with("            ")) {
        let indented = line.len() - line.trim_start().len();
        match printed.last_mut() {
            Some(last) if indented > 12 => {
                let separator = if last.value.is_empty() { "" } else { " " };
                last.value.extend([separator, line.trim()]);
            }
            _ => {
                let (name, critical) = line.trim().split_once(':').expect("a heading has a colon");
                printed.push(Printed {
                    name: name.to_owned(),
                    critical: critical.trim() == "critical",
                    value: String::new(),
                });
            }
        }
    }
    printed
}
