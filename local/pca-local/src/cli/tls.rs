//! `--tls-…`: what clients that want TLS are shown.

use std::path::{Path, PathBuf};

use pca_local::{Server, Tls};

use super::{chain, print};

#[derive(clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsOptions {
    /// Speak TLS with this certificate, PEM: the server's own, then those above it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Speak TLS with a certificate made for this run, for localhost and the address of --listen.
    /// The certificate of the CA above it is written to FILE, for clients to trust: as in
    /// AWS_CA_BUNDLE=FILE.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: Option<PathBuf>,
}

impl TlsOptions {
    /// The server, and the scheme of its URL.
    pub(crate) fn apply(&self, server: Server, listen: &str) -> Result<(Server, &str), String> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            let (certificates, key_pem) =
                (read(certificate, "--tls-cert")?, read(key, "--tls-key")?);
            let tls = Tls::from_pem(&certificates, &key_pem).map_err(|error| {
                let (certificate, key) = (certificate.display(), key.display());
                format!("--tls-cert {certificate} --tls-key {key}: {}", chain(&error))
            })?;
            return Ok((server.tls(tls), "https"));
        }
        let Some(file) = &self.tls_self_signed else { return Ok((server, "http")) };
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
        names.push(host.trim_matches(['[', ']']).to_owned());
        names.dedup();
        let (tls, ca) = Tls::self_signed(&names)
            .map_err(|error| format!("--tls-self-signed: {}", chain(&error)))?;
        std::fs::write(file, ca).map_err(|error| {
            format!("--tls-self-signed: {} cannot be written: {error}", file.display())
        })?;
        print(&format!("certificate to trust: {}\n", file.display()))?;
        Ok((server.tls(tls), "https"))
    }
}

fn read(file: &Path, option: &str) -> Result<Vec<u8>, String> {
    std::fs::read(file)
        .map_err(|error| format!("{option}: {} cannot be read: {error}", file.display()))
}
