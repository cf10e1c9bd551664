//! What the service shows of itself to a client that wants TLS.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem, pem::PemObject as _},
};
use time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::model::clock::Clock;

/// A certificate and its key, ready for handshakes.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate and a key cannot be used for TLS.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum TlsError {
    #[error("the certificate cannot be read as PEM")]
    Certificate(#[source] pem::Error),
    #[error("the private key cannot be read as PEM")]
    Key(#[source] pem::Error),
    #[error("a certificate could not be made")]
    Made(#[from] rcgen::Error),
    #[error("there is no certificate in the file")]
    NoCertificate,
    #[error("the certificate and the key cannot be used")]
    Unusable(#[from] rustls::Error),
}

impl Tls {
    /// The server's certificate, then those above it; and its key.
    ///
    /// # Errors
    /// If either is no PEM, there is no certificate, or the two do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(TlsError::Certificate)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        Self::new(chain, PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?)
    }

    /// A certificate for `names` under a CA of its own, whose certificate comes back as PEM, for
    /// clients to trust. The CA's key is not kept.
    ///
    /// # Errors
    /// If a name cannot be in a certificate, or no key can be made.
    pub fn self_signed(names: &[String]) -> Result<(Self, String), TlsError> {
        // Of the system's clock: TLS clients know no other.
        let now = Clock::system().now();
        let valid = |parameters: &mut CertificateParams| {
            parameters.not_before = now - Duration::HOUR;
            parameters.not_after = now + Duration::days(397);
        };
        let mut parameters = CertificateParams::default();
        valid(&mut parameters);
        parameters.distinguished_name.push(DnType::CommonName, "pca-local TLS");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;

        let mut parameters = CertificateParams::new(names)?;
        valid(&mut parameters);
        parameters.distinguished_name.push(DnType::CommonName, "pca-local");
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &ca)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let tls = Self::new(vec![certificate.der().clone()], key.into())?;
        Ok((tls, ca.pem()))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_certificate_or_key_is_refused_by_name() {
        let (_, ca) = Tls::self_signed(&["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap().serialize_pem();
        let error = |certificate: &str, key: &str| {
            let Err(error) = Tls::from_pem(certificate.as_bytes(), key.as_bytes()) else {
                panic!("{certificate} and {key} go together");
            };
            error
        };
        assert!(matches!(error("nothing", &key), TlsError::NoCertificate));
        assert!(matches!(error(&ca, "nothing"), TlsError::Key(_)));
        assert!(matches!(error(&ca, &key), TlsError::Unusable(_)), "the key of another");
        let torn = ca.replace("-----END", "-----END OF");
        assert!(matches!(error(&torn, &key), TlsError::Certificate(_) | TlsError::NoCertificate));
    }
}
