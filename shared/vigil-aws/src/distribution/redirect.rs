//! Where a redirect leads: its Location may be a part of a URL (RFC 9110 §10.2.2, RFC 3986 §5.2).

use http::Uri;

/// The URL that `location` names in an answer of `at`.
pub(super) fn target(at: &Uri, location: &str) -> String {
    let location = location.split('#').next().unwrap_or_default();
    let begun = location.split(['/', '?']).next().unwrap_or_default();
    if begun.contains(':') {
        return location.to_owned();
    }
    let scheme = at.scheme_str().unwrap_or("http");
    if location.starts_with("//") {
        return format!("{scheme}:{location}");
    }
    let host = at.authority().map_or("", |authority| authority.as_str());
    let within = |path_and_query: &str| format!("{scheme}://{host}{path_and_query}");
    if location.starts_with('/') {
        return within(location);
    }
    if begun.is_empty() {
        return within(&format!("{}{location}", at.path()));
    }
    let folder = at.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let (path, query) = location.find('?').map_or((location, ""), |at| location.split_at(at));
    within(&format!("{}{query}", without_dots(&format!("{folder}/{path}"))))
}

/// RFC 3986 §5.2.4
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => {
                kept.push(other);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_may_be_a_part_of_a_url() {
        let at: Uri = "http://a.example:81/b/c/d.crl?q".parse().unwrap();
        for (location, want) in [
            ("https://b.example/x", "https://b.example/x"),
            ("//b.example/x", "http://b.example/x"),
            ("/x?y", "http://a.example:81/x?y"),
            ("g.crl", "http://a.example:81/b/c/g.crl"),
            ("g.crl?x=/y#z", "http://a.example:81/b/c/g.crl?x=/y"),
            ("./g", "http://a.example:81/b/c/g"),
            ("../g", "http://a.example:81/b/g"),
            ("../../../g", "http://a.example:81/g"),
            ("..", "http://a.example:81/b/"),
            ("?y", "http://a.example:81/b/c/d.crl?y"),
            ("ftp:x", "ftp:x"),
        ] {
            assert_eq!(target(&at, location), want, "{location}");
        }
    }
}
