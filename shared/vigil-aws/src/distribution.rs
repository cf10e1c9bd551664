//! Fetching CRLs from their distribution points, over plain HTTP, as relying parties do.
//!
//! A connection is made to an address that was checked, never to a name: what a name resolves to a
//! moment later does not matter. Redirects are followed in this module, and each address is checked
//! like the first.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use gunzip::Gunzip;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header, uri::Authority};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use vigil_core::{
    distribution::{Download, DownloadError, Headers, is_public},
    ports::{ByteSink, Distribution},
};

/// Why TLS cannot be set up.
pub use rustls::Error as TlsError;

/// Clients differ; three is what the pickiest ones follow.
const MAX_REDIRECTS: usize = 3;

/// For everything: resolution, redirects and the body. A CRL of 50 MB takes a second or two.
const WITHIN: Duration = Duration::from_secs(30);

/// Distribution points over plain HTTP, as [`Distribution`].
#[derive(Clone, Debug)]
pub struct HttpDistribution {
    route: Route,
    within: Duration,
    /// Relying parties do not fetch CRLs by https (RFC 5280 §8), and neither do the functions.
    tls: Option<Arc<ClientConfig>>,
}

/// Where names lead.
#[derive(Clone, Copy, Debug)]
pub enum Route {
    /// Wherever they resolve to, if that is on the public Internet.
    Public,
    /// All to one address, which plays the Internet.
    Via(SocketAddr),
}

impl HttpDistribution {
    /// Fetches over `route`.
    pub fn new(route: Route) -> Self {
        Self { route, within: WITHIN, tls: None }
    }

    /// The same, by https as well, from servers that the machine's own roots vouch for.
    ///
    /// # Errors
    ///
    /// [`rustls::Error`] if TLS cannot be set up.
    pub fn with_https(self) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        // What cannot be read vouches for nothing: a server that needs it is refused by name.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        self.with_roots(roots)
    }

    fn with_roots(self, roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Some(Arc::new(config)), ..self })
    }

    async fn address(&self, host: &str, port: u16) -> Result<SocketAddr, DownloadError> {
        let unreachable = |why: String| DownloadError::Unreachable { host: host.to_owned(), why };
        if let Route::Via(address) = self.route {
            return Ok(address);
        }
        // A literal IPv6 address stands in brackets in a URL.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let found = lookup_host((name, port)).await;
        let found: Vec<_> = found.map_err(|error| unreachable(error.to_string()))?.collect();
        // One that is not public makes the name suspect, whatever else it resolves to.
        if let Some(address) = found.iter().find(|address| !is_public(address.ip())) {
            let (host, address) = (host.to_owned(), address.ip().to_string());
            return Err(DownloadError::ForbiddenAddress { host, address });
        }
        found.first().copied().ok_or_else(|| unreachable("the name has no address".to_owned()))
    }

    async fn get(&self, url: &Uri) -> Result<Response<Incoming>, DownloadError> {
        let Some(authority) = url.authority() else { return Err(bad(url)) };
        let host = authority.host();
        let unreachable = |error: &dyn std::error::Error| DownloadError::Unreachable {
            host: host.to_owned(),
            why: error.to_string(),
        };
        let tls = self.tls.as_ref().filter(|_| url.scheme_str() == Some("https"));
        let port = if tls.is_some() { 443 } else { 80 };
        let address = self.address(host, authority.port_u16().unwrap_or(port)).await?;
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(header::HOST, authority.as_str())
            .header(header::ACCEPT, "application/pkix-crl, */*")
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::USER_AGENT, concat!("vigil/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|_| bad(url))?;
        let stream = TcpStream::connect(address).await.map_err(|error| unreachable(&error))?;
        let answer = match tls {
            None => exchange(stream, request).await,
            Some(tls) => {
                let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(name).map_err(|_| bad(url))?;
                let connected = TlsConnector::from(tls.clone()).connect(name, stream).await;
                exchange(connected.map_err(|error| unreachable(&error))?, request).await
            }
        };
        answer.map_err(|error| unreachable(&error))
    }

    async fn follow(
        &self,
        url: &str,
        redirects: &mut Vec<String>,
    ) -> Result<Response<Incoming>, DownloadError> {
        let mut at = self.fetched(url)?;
        loop {
            let answer = self.get(&at).await?;
            if answer.status() == StatusCode::OK {
                return Ok(answer);
            }
            let status = answer.status().as_u16();
            let location = text(answer.headers(), &header::LOCATION);
            let Some(location) = location.filter(|_| matches!(status, 301..=303 | 307 | 308))
            else {
                return Err(DownloadError::Status { status });
            };
            if redirects.len() == MAX_REDIRECTS {
                return Err(DownloadError::TooManyRedirects { limit: MAX_REDIRECTS });
            }
            let location = redirect::target(&at, &location);
            redirects.push(location.chars().take(200).collect());
            at = self.fetched(&location)?;
        }
    }

    /// Credentials in a URL are refused: no distribution point has any.
    fn fetched(&self, url: &str) -> Result<Uri, DownloadError> {
        let uri: Uri = url.parse().map_err(|_| DownloadError::BadUrl { url: url.to_owned() })?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") if self.tls.is_some() => {}
            Some(_) => return Err(DownloadError::NotHttp { url: url.to_owned() }),
            None => return Err(bad(&uri)),
        }
        let is_plain = |authority: &Authority| {
            let has_port = authority.as_str().len() > authority.host().len() + 1;
            // `port_u16` has none where the number is no port's.
            let is_port = !has_port || authority.port_u16().is_some_and(|port| port > 0);
            is_port && !authority.as_str().contains('@')
        };
        if !uri.authority().is_some_and(is_plain) {
            return Err(bad(&uri));
        }
        Ok(uri)
    }
}

/// One request on a connection of its own.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
) -> hyper::Result<Response<Incoming>> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the exchange, or when its other half is dropped.
    tokio::spawn(connection);
    sender.send_request(request).await
}

#[async_trait]
impl Distribution for HttpDistribution {
    async fn fetch(&self, url: &str, limit: u64, sink: &mut ByteSink<'_>) -> Download {
        let mut redirects = Vec::new();
        let all = async {
            let answer = self.follow(url, &mut redirects).await?;
            let mut headers = headers(answer.headers());
            match coding(answer.headers())? {
                None => pass_on(answer.into_body(), limit, sink).await?,
                Some(coding) => {
                    let mut decoder = Gunzip::new(sink, limit);
                    let passed = {
                        let mut into = |piece: &[u8]| decoder.push(piece);
                        pass_on(answer.into_body(), limit, &mut into).await
                    };
                    decoder.finish(&coding)?;
                    passed?;
                    headers.decoded = Some(coding);
                }
            }
            Ok(headers)
        };
        let seconds = self.within.as_secs();
        let result = timeout(self.within, all).await;
        let result = result.unwrap_or(Err(DownloadError::TimedOut { seconds }));
        Download { redirects, result }
    }
}

async fn pass_on(
    mut body: Incoming,
    limit: u64,
    sink: &mut ByteSink<'_>,
) -> Result<(), DownloadError> {
    let mut seen: u64 = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| DownloadError::Unreachable {
            host: "the rest of the body".to_owned(),
            why: error.to_string(),
        })?;
        let Some(piece) = frame.data_ref() else { continue };
        seen += piece.len() as u64;
        if seen > limit {
            return Err(DownloadError::TooLarge { limit });
        }
        if sink(piece).is_break() {
            break;
        }
    }
    Ok(())
}

fn bad(url: &Uri) -> DownloadError {
    DownloadError::BadUrl { url: url.to_string() }
}

fn headers(headers: &HeaderMap) -> Headers {
    Headers {
        content_type: text(headers, &header::CONTENT_TYPE),
        cache_control: text(headers, &header::CACHE_CONTROL),
        age: text(headers, &header::AGE),
        expires: text(headers, &header::EXPIRES),
        decoded: None,
    }
}

/// `gzip`, if the body was encoded so all the same. Another coding is named, not taken for a broken CRL
/// (RFC 9110 §8.4).
fn coding(headers: &HeaderMap) -> Result<Option<String>, DownloadError> {
    let codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let codings = codings.flat_map(|value| value.to_str().unwrap_or("unreadable").split(','));
    let mut to_decode = codings
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
    let (first, second) = (to_decode.next(), to_decode.next());
    let is_gzip =
        |coding: &str| ["gzip", "x-gzip"].iter().any(|gzip| gzip.eq_ignore_ascii_case(coding));
    match (first, second) {
        (None, _) => Ok(None),
        (Some(coding), None) if is_gzip(coding) => Ok(Some("gzip".to_owned())),
        (Some(coding), _) => {
            Err(DownloadError::Encoded { coding: coding.chars().take(40).collect() })
        }
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(2048).collect())
}

mod gunzip;
mod redirect;
#[cfg(test)]
mod tests;
