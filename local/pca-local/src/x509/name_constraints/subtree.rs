//! Whether a name lies in the subtree below a base of the same kind (RFC 5280 §4.2.1.10).

use x509_cert::ext::pkix::name::GeneralName;

use super::encoded;
use crate::x509::name::{Attribute, Name, text};

/// `None` where that cannot be decided: the RFC defines no subtrees for the kind, or the name or
/// the base is not well formed. A caller counts that against the name.
pub(super) fn contains(base: &GeneralName, name: &GeneralName) -> Option<bool> {
    use GeneralName as G;
    match (base, name) {
        (G::DirectoryName(base), G::DirectoryName(name)) => directory_name(
            &Name::from_der(&encoded(base)).ok()?,
            &Name::from_der(&encoded(name)).ok()?,
        ),
        (G::DnsName(base), G::DnsName(name)) => Some(host(base.as_ref(), name.as_ref())),
        (G::IpAddress(base), G::IpAddress(name)) => ip_address(base.as_bytes(), name.as_bytes()),
        (G::Rfc822Name(base), G::Rfc822Name(name)) => email(base.as_ref(), name.as_ref()),
        (G::UniformResourceIdentifier(base), G::UniformResourceIdentifier(name)) => {
            Some(host_or_domain(base.as_ref(), uri_host(name.as_ref())?))
        }
        _ => None,
    }
}

/// DNS: a base stands for itself and for everything below it. The leading dot that the RFC does not
/// know, but CAs use, leaves the base itself out.
fn host(base: &str, name: &str) -> bool {
    match base.strip_prefix('.') {
        Some(_) => ends_with(name, base) && name.len() > base.len(),
        None => {
            base.is_empty()
                || name.eq_ignore_ascii_case(base)
                || (ends_with(name, base)
                    && name.as_bytes().get(name.len() - base.len() - 1) == Some(&b'.'))
        }
    }
}

/// URIs and mail: a host without a leading dot is that host alone, with it everything below.
fn host_or_domain(base: &str, name: &str) -> bool {
    if base.starts_with('.') {
        ends_with(name, base) && name.len() > base.len()
    } else {
        base.is_empty() || name.eq_ignore_ascii_case(base)
    }
}

fn ends_with(name: &str, end: &str) -> bool {
    name.len() > end.len()
        && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

/// A base with an `@` is one mailbox, whose local part is compared exactly.
fn email(base: &str, name: &str) -> Option<bool> {
    let (mailbox, domain) = name.rsplit_once('@')?;
    Some(match base.rsplit_once('@') {
        Some((base_mailbox, base_domain)) => {
            mailbox == base_mailbox && domain.eq_ignore_ascii_case(base_domain)
        }
        None => host_or_domain(base, domain),
    })
}

/// `None` for a URI without an authority or with an IP address in it, which the RFC has refused.
fn uri_host(uri: &str) -> Option<&str> {
    let (_scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_user, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => host,
        _ => host,
    };
    let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    (!host.is_empty() && !is_address).then_some(host)
}

/// The base is an address followed by a mask of the same length.
fn ip_address(base: &[u8], name: &[u8]) -> Option<bool> {
    if !matches!((base.len(), name.len()), (8 | 32, 4 | 16)) {
        return None;
    }
    // An IPv4 subtree says nothing against an IPv6 address, and holds none.
    if base.len() != 2 * name.len() {
        return Some(false);
    }
    let (address, mask) = base.split_at(name.len());
    let mut octets = address.iter().zip(mask).zip(name);
    Some(octets.all(|((address, mask), octet)| address & mask == octet & mask))
}

fn directory_name(base: &Name, name: &Name) -> Option<bool> {
    let (base, name) = (base.relative_names(), name.relative_names());
    let mut pairs = base.iter().zip(&name);
    Some(base.len() <= name.len() && pairs.all(|(base, name)| same_relative_name(base, name)))
}

fn same_relative_name(base: &[Attribute<'_>], name: &[Attribute<'_>]) -> bool {
    let has = |wanted: &Attribute<'_>| name.iter().any(|found| same_attribute(wanted, found));
    base.len() == name.len() && base.iter().all(has)
}

/// RFC 5280 §7.1: text is compared without regard to case, string type and repeated spaces. Case is
/// folded for ASCII only.
fn same_attribute(one: &Attribute<'_>, other: &Attribute<'_>) -> bool {
    let folded = |attribute: &Attribute<'_>| {
        let text = text(attribute.value)?.to_ascii_lowercase();
        Some(text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    };
    one.oid == other.oid
        && (one.value == other.value || folded(one).is_some_and(|one| Some(one) == folded(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lie_below_their_domain() {
        for (base, name, want) in [
            ("example.com", "example.com", true),
            ("example.com", "WWW.Example.COM", true),
            ("example.com", "badexample.com", false),
            ("example.com", "com", false),
            (".example.com", "www.example.com", true),
            (".example.com", "example.com", false),
            (".example.com", ".example.com", false),
            ("", "anything", true),
        ] {
            assert_eq!(host(base, name), want, "{base} {name}");
        }
    }

    #[test]
    fn mail_is_constrained_by_mailbox_host_or_domain() {
        for (base, name, want) in [
            ("a@example.com", "a@EXAMPLE.com", Some(true)),
            ("a@example.com", "A@example.com", Some(false)),
            ("example.com", "x@example.com", Some(true)),
            ("example.com", "x@mail.example.com", Some(false)),
            (".example.com", "x@mail.example.com", Some(true)),
            (".example.com", "x@example.com", Some(false)),
            ("example.com", "nobody", None),
        ] {
            assert_eq!(email(base, name), want, "{base} {name}");
        }
    }

    #[test]
    fn the_host_of_a_uri_is_found() {
        for (uri, want) in [
            ("http://www.example.com", Some("www.example.com")),
            ("http://u:p@www.example.com:8080/path?a@b#c:d", Some("www.example.com")),
            ("ldap://host?x", Some("host")),
            ("urn:isbn:1", None),
            ("http:///path", None),
            ("http://10.0.0.1/", None),
            ("http://[::1]:80/", None),
        ] {
            assert_eq!(uri_host(uri), want, "{uri}");
        }
    }

    #[test]
    fn addresses_are_masked() {
        let private = [10, 0, 0, 0, 255, 0, 0, 0];
        for (base, name, want) in [
            (&private[..], &[10, 1, 2, 3][..], Some(true)),
            (&private, &[11, 1, 2, 3], Some(false)),
            (&private, &[0; 16], Some(false)),
            (&[0; 32], &[7; 16], Some(true)),
            (&private, &[10, 1, 2], None),
            (&[10, 0, 0, 0], &[10, 1, 2, 3], None),
        ] {
            assert_eq!(ip_address(base, name), want, "{base:?} {name:?}");
        }
    }
}
