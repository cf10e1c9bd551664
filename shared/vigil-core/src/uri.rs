//! Whether a URI can be fetched from, as far as its form shows.

/// Why it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UriError {
    #[error("it has a character that a URI cannot have, or not there")]
    Character,
    #[error("it has more than {MAX_URI} octets")]
    Long,
    #[error("a percent sign without two hexadecimal digits follows")]
    Percent,
    #[error("it is not absolute")]
    Relative,
    #[error("its host ends with a dot")]
    Dot,
    #[error("it names no host")]
    NoHost,
    #[error("its host cannot exist")]
    Host,
    #[error("its port is not a number of a port")]
    Port,
    #[error("its host is the relying party's own machine")]
    Own,
    #[error("it is of LDAP, and does not name one attribute of an entry")]
    Attribute,
    #[error("it is of LDAP, and does not name attributes of an entry")]
    Attributes,
}

/// More than relying parties fetch from.
pub(crate) const MAX_URI: usize = 2048;

/// The scheme of an absolute URI (RFC 3986 §3) whose host can exist.
pub(crate) fn scheme(uri: &str) -> Result<&str, UriError> {
    characters(uri)?;
    let (scheme, rest) = uri.split_once(':').ok_or(UriError::Relative)?;
    let hierarchical = rest.strip_prefix("//").filter(|_| is_scheme(scheme));
    let hierarchical = hierarchical.ok_or(UriError::Relative)?;
    let authority = hierarchical.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    // RFC 4516 §2: LDAP may leave the server to the reader's configuration.
    if host_and_port.is_empty() && scheme.eq_ignore_ascii_case("ldap") {
        return Ok(scheme);
    }
    let (host, port) = match host_and_port.strip_prefix('[') {
        Some(address) => {
            let (address, after) = address.split_once(']').ok_or(UriError::Host)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| UriError::Host)?;
            (None, after.strip_prefix(':').or(after.is_empty().then_some("")))
        }
        None => {
            let (host, port) = host_and_port.split_once(':').unwrap_or((host_and_port, ""));
            (Some(host), Some(port))
        }
    };
    let port = port.ok_or(UriError::Host)?;
    if !port.is_empty() && !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(UriError::Port);
    }
    host.map_or(Ok(scheme), |host| can_exist(host).map(|()| scheme))
}

/// The same of a URI to fetch a CRL from: from another machine, and by LDAP one attribute of an entry
/// (RFC 5280 §4.2.1.13).
pub(crate) fn fetched(uri: &str) -> Result<&str, UriError> {
    let (scheme, attributes) = from_elsewhere(uri)?;
    if attributes.is_none_or(|count| count == 1) { Ok(scheme) } else { Err(UriError::Attribute) }
}

/// The same of a URI to fetch certificates from: by LDAP from any number of attributes, one for the CA's and one
/// for cross-certificates (RFC 5280 §4.2.2.1).
pub(crate) fn certificates_fetched(uri: &str) -> Result<&str, UriError> {
    let (scheme, attributes) = from_elsewhere(uri)?;
    if attributes.is_none_or(|count| count > 0) { Ok(scheme) } else { Err(UriError::Attributes) }
}

/// The scheme, and of LDAP how many attributes of an entry are named.
fn from_elsewhere(uri: &str) -> Result<(&str, Option<usize>), UriError> {
    let scheme = scheme(uri)?;
    let rest = uri[scheme.len()..].trim_start_matches(':').strip_prefix("//").unwrap_or_default();
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    if is_own(host(authority)) {
        return Err(UriError::Own);
    }
    let is_ldap = scheme.eq_ignore_ascii_case("ldap");
    Ok((scheme, is_ldap.then(|| attributes(path))))
}

/// Without the user and the port, and an address without its brackets.
fn host(authority: &str) -> &str {
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    match host_and_port.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host_and_port.split(':').next().unwrap_or_default(),
    }
}

/// RFC 6761 §6.3, RFC 1122 §3.2.1.3.
fn is_own(host: &str) -> bool {
    if let Ok(address) = host.parse::<std::net::IpAddr>() {
        return address.is_loopback() || address.is_unspecified();
    }
    host.rsplit('.').next().unwrap_or_default().eq_ignore_ascii_case("localhost")
}

/// How many `/dn?attribute,attribute` has; whatever follows is not read (RFC 4516 §2).
fn attributes(path: &str) -> usize {
    let mut parts = path.strip_prefix('/').unwrap_or_default().split('?');
    let (entry, list) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_list = !entry.is_empty() && list.split(',').all(|attribute| !attribute.is_empty());
    if is_list { list.split(',').count() } else { 0 }
}

/// Whether a URI is one of HTTP that can be fetched from.
pub(crate) fn is_plain(uri: &str) -> bool {
    fetched(uri).is_ok_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// Whether a URI names something, wherever it leads (RFC 5280 §4.2.1.6): it has a scheme and what that
/// is of, and a host that can exist if it has an authority.
pub(crate) fn is_name(uri: &str) -> Result<(), UriError> {
    characters(uri)?;
    let (name, rest) = uri.split_once(':').ok_or(UriError::Relative)?;
    if !is_scheme(name) || rest.is_empty() {
        return Err(UriError::Relative);
    }
    let has_authority = rest.strip_prefix("//").is_some_and(|rest| !rest.starts_with('/'));
    if has_authority { scheme(uri).map(|_| ()) } else { Ok(()) }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// RFC 3986 §2: unreserved, reserved, and percent-encoded. Brackets stand around an address alone
/// (§3.2.2), and one number sign begins the fragment (§3.5).
fn characters(uri: &str) -> Result<(), UriError> {
    let octets = uri.as_bytes();
    if octets.len() > MAX_URI {
        return Err(UriError::Long);
    }
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let after_authority = match rest.strip_prefix("//") {
        Some(rest) => rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]),
        None => rest,
    };
    let is_bracketed = after_authority.contains(['[', ']']);
    if is_bracketed || uri.matches('#').count() > 1 {
        return Err(UriError::Character);
    }
    for (at, octet) in octets.iter().enumerate() {
        if *octet == b'%' {
            let digits = octets.get(at + 1..at + 3).ok_or(UriError::Percent)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err(UriError::Percent);
            }
        } else if !octet.is_ascii_alphanumeric() && !b"-._~:/?#[]@!$&'()*+,;=".contains(octet) {
            return Err(UriError::Character);
        }
    }
    Ok(())
}

/// A name of labels (RFC 1123 §2.1), or an address of version 4. `invalid` is never a host (RFC 6761).
/// Java refuses a CRL that names a host with the dot of the root, although RFC 3986 §3.2.2 allows it.
fn can_exist(host: &str) -> Result<(), UriError> {
    if host.is_empty() {
        return Err(UriError::NoHost);
    }
    if host.ends_with('.') {
        return Err(UriError::Dot);
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_numeric = last.bytes().all(|octet| octet.is_ascii_digit());
    let can_be = if is_numeric {
        host.parse::<std::net::Ipv4Addr>().is_ok()
    } else {
        host.len() <= 253 && host.split('.').all(is_label) && !last.eq_ignore_ascii_case("invalid")
    };
    if can_be { Ok(()) } else { Err(UriError::Host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_that_names_something_need_not_be_fetched() {
        for (uri, want) in [
            ("urn:x", Ok(())),
            ("file:///x", Ok(())),
            ("spiffe://example.com/x", Ok(())),
            ("urn:", Err(UriError::Relative)),
            (":x", Err(UriError::Relative)),
            ("example.com", Err(UriError::Relative)),
            ("https://a b/", Err(UriError::Character)),
            ("http:/]a.example/", Err(UriError::Character)),
            ("urn:[x]", Err(UriError::Character)),
            ("https://[::1]/", Ok(())),
            ("https://-a/", Err(UriError::Host)),
        ] {
            assert_eq!(is_name(uri), want, "{uri}");
        }
    }

    #[test]
    fn a_uri_is_fetched_from_another_machine_and_one_entry() {
        for (uri, want) in [
            ("http://crl.example.com", Ok("http")),
            ("http://10.0.0.1:80/x", Ok("http")),
            ("http://0.0.0.0/x", Err(UriError::Own)),
            ("http://127.1.2.3/x", Err(UriError::Own)),
            ("http://[::1]:80/x", Err(UriError::Own)),
            ("http://LOCALHOST:80/x", Err(UriError::Own)),
            ("http://a.localhost?x", Err(UriError::Own)),
            ("http://localhost.example/x", Ok("http")),
            ("ldap:///cn=a?certificateRevocationList;binary", Ok("ldap")),
            ("ldap://a.example/cn=a?certificateRevocationList?base?x=y", Ok("ldap")),
            ("ldap://a.example/cn=a", Err(UriError::Attribute)),
            ("ldap://a.example/?certificateRevocationList", Err(UriError::Attribute)),
            ("ldap://a.example/cn=a?x,y", Err(UriError::Attribute)),
            ("ldap://a.example", Err(UriError::Attribute)),
            ("http://a b/", Err(UriError::Character)),
        ] {
            assert_eq!(fetched(uri), want, "{uri}");
        }
    }

    #[test]
    fn certificates_are_fetched_from_any_number_of_attributes() {
        for (uri, want) in [
            ("http://ca.example.com/ca.cer", Ok("http")),
            // RFC 5280 §4.2.2.1 has it.
            (
                "ldap://ldap.example.com/cn=exampleCA,dc=example,dc=com?\
                 cACertificate;binary,crossCertificatePair;binary",
                Ok("ldap"),
            ),
            ("ldap://a.example/cn=a?cACertificate?base", Ok("ldap")),
            ("ldap://a.example/cn=a", Err(UriError::Attributes)),
            ("ldap://a.example/cn=a?", Err(UriError::Attributes)),
            ("ldap://a.example/cn=a?x,", Err(UriError::Attributes)),
            ("ldap://a.example/?x,y", Err(UriError::Attributes)),
            ("ldap://127.0.0.1/cn=a?x,y", Err(UriError::Own)),
        ] {
            assert_eq!(certificates_fetched(uri), want, "{uri}");
        }
    }

    #[test]
    fn a_uri_is_absolute_and_of_a_host_that_can_exist() {
        for (uri, want) in [
            ("http://crl.example.com/a%20b.crl?x=1#y", Ok("http")),
            ("HTTP://localhost:8080/x", Ok("HTTP")),
            ("http://10.0.0.1/", Ok("http")),
            ("http://[::1]:80/", Ok("http")),
            ("http://a_b.s3.us-east-1.amazonaws.com/x", Ok("http")),
            ("http://a_b.s3.us-east-1.amazonaws.com./x", Err(UriError::Dot)),
            ("ldap:///cn=a?certificateRevocationList", Ok("ldap")),
            ("urn:x", Err(UriError::Relative)),
            ("localhost", Err(UriError::Relative)),
            ("/crl/x.crl", Err(UriError::Relative)),
            ("//crl.example.com/x", Err(UriError::Relative)),
            ("1http://a/", Err(UriError::Relative)),
            ("http:///x", Err(UriError::NoHost)),
            ("http://a b/x", Err(UriError::Character)),
            ("http://a/x y", Err(UriError::Character)),
            ("http://a/\u{fc}", Err(UriError::Character)),
            ("http://a/<x>", Err(UriError::Character)),
            ("http://a/[x]", Err(UriError::Character)),
            ("http://a?x=[1]", Err(UriError::Character)),
            ("http://a/#x#y", Err(UriError::Character)),
            ("http://a/%2", Err(UriError::Percent)),
            ("http://a/%zz", Err(UriError::Percent)),
            ("http://a..b/", Err(UriError::Host)),
            ("http://-a.example/", Err(UriError::Host)),
            ("http://300.1.1.1/", Err(UriError::Host)),
            ("http://crl.invalid/", Err(UriError::Host)),
            ("http://[::g]/", Err(UriError::Host)),
            ("http://a:99999/", Err(UriError::Port)),
            ("http://a:x/", Err(UriError::Port)),
        ] {
            assert_eq!(scheme(uri), want, "{uri}");
        }
        let long = format!("http://a/{}", "x".repeat(MAX_URI));
        assert_eq!(scheme(&long), Err(UriError::Long));
        assert_eq!(scheme(&long[..MAX_URI]), Ok("http"));
    }
}
