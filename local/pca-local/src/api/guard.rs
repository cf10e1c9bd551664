//! Keeps web pages from using a visitor's browser against a service on the visitor's machine.
//!
//! Two checks before any route. The Host header names this server: a page whose own name was
//! rebound to 127.0.0.1 sends its own name. And a request that changes something does not come
//! from a page of another origin.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};

/// Names of this machine, and of AWS: no page can have its own name rebound under these. Clients
/// that use this server as their HTTP proxy send AWS's.
const ALWAYS: [&str; 9] = [
    "127.0.0.1",
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "localhost",
    "sc2s.sgov.gov",
];

/// The values of the Host header that a server answers to.
#[derive(Clone, Debug)]
pub struct Guard {
    /// In lower case. What ends in a dot and one of these is allowed, too: buckets are named so.
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    /// Listening on all addresses: then every address is one of ours.
    any_address: bool,
}

impl Guard {
    /// Allows the loopback names, AWS's, and the address that is listened on.
    pub fn of_listener(address: SocketAddr) -> Self {
        Self {
            names: ALWAYS.map(str::to_owned).to_vec(),
            addresses: vec![std::net::Ipv6Addr::LOCALHOST.into(), address.ip()],
            any_address: address.ip().is_unspecified(),
        }
    }

    /// Allows more names, each with what is below it.
    pub fn and(mut self, names: impl IntoIterator<Item = String>) -> Self {
        for name in names {
            let name = host(&name).to_ascii_lowercase();
            match name.trim_matches(['[', ']']).parse() {
                Ok(address) => self.addresses.push(address),
                Err(_) => self.names.push(name),
            }
        }
        self
    }

    /// Puts the checks before every route.
    pub fn protect(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, check))
    }

    fn allows(&self, authority: &str) -> bool {
        let host = host(authority).to_ascii_lowercase();
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return self.any_address || host == "127.0.0.1" || self.addresses.contains(&address);
        }
        let is_named = |name: &String| {
            host.strip_suffix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.names.iter().any(is_named)
    }

    /// The value that is not allowed. A request without any comes from no browser.
    fn refused<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let hosts = request.headers().get_all(header::HOST).iter();
        let hosts = hosts.map(|host| host.to_str().unwrap_or("unreadable"));
        let authority = request.uri().authority().map(|authority| authority.as_str());
        hosts.chain(authority).find(|host| !self.allows(host))
    }
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if let Some(host) = guard.refused(&request) {
        let why = format!(
            "The Host header '{}' is not a name of this server. --allow-host allows a name.\n",
            host.escape_default()
        );
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    refuse_other_origins(request, next).await
}

/// The second check alone.
pub(crate) async fn refuse_other_origins(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_safe || is_our_own(request.headers()) {
        return next.run(request).await;
    }
    let why = "a page of another origin must not change anything here\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

/// Without the port.
fn host(authority: &str) -> &str {
    let (name, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = is_port && (!name.contains(':') || name.ends_with(']'));
    if has_port { name } else { authority }
}

/// "Fetch Metadata Request Headers" §2.3, or, in older browsers, the Origin header. Clients that
/// are no browsers say nothing.
fn is_our_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match text(header::ORIGIN.as_str()) {
            Some(origin) => {
                let authority = origin.split_once("://").map(|(_, authority)| authority);
                authority.is_some() && authority == text(header::HOST.as_str())
            }
            None => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(listen: &str, names: &[&str]) -> Guard {
        let names = names.iter().map(|name| (*name).to_owned());
        Guard::of_listener(listen.parse().unwrap()).and(names)
    }

    #[test]
    fn only_names_of_this_server_and_of_aws_are_answered() {
        let own = guard("10.0.0.7:4567", &["pca.test", "CI:4567"]);
        for (host, want) in [
            ("localhost", true),
            ("LOCALHOST:4567", true),
            ("crls.localhost:4566", true),
            ("127.0.0.1:4567", true),
            ("111122223333.127.0.0.1:4566", true),
            ("[::1]:4567", true),
            ("[::1]", true),
            ("10.0.0.7:4567", true),
            ("crls.s3.us-east-1.amazonaws.com", true),
            ("pca.test:1", true),
            ("ci", true),
            ("evil.example", false),
            ("evil.example:4567", false),
            ("localhost.evil.example", false),
            ("notlocalhost", false),
            ("notamazonaws.com", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.8", false),
            ("0.0.0.0:4567", false),
            ("localhost:evil", false),
            ("", false),
        ] {
            assert_eq!(own.allows(host), want, "{host}");
        }
        let all = guard("0.0.0.0:4567", &[]);
        assert!(all.allows("192.168.1.5:4567") && !all.allows("evil.example"));
    }

    #[test]
    fn only_our_own_pages_and_clients_that_are_no_browsers_may() {
        let site = "sec-fetch-site";
        for (pairs, want) in [
            (&[][..], true),
            (&[("origin", "http://127.0.0.1:4567")][..], true),
            (&[("origin", "http://127.0.0.1:4568")], false),
            (&[("origin", "http://elsewhere.example")], false),
            (&[("origin", "null")], false),
            (&[(site, "same-origin"), ("origin", "http://127.0.0.1:4567")], true),
            (&[(site, "none")], true),
            (&[(site, "same-site")], false),
            (&[(site, "cross-site"), ("origin", "http://127.0.0.1:4567")], false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:4567".parse().unwrap());
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_our_own(&headers), want, "{pairs:?}");
        }
    }
}
