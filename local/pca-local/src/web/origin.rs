//! Keeps other sites' pages from using a visitor's browser to move the clock or to reset the service.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};

/// Browsers say where a request that changes something comes from; other clients say nothing.
pub(super) async fn refuse_others(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_safe || is_our_own(request.headers()) {
        return next.run(request).await;
    }
    let why = "a page of another origin must not change anything here\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

/// "Fetch Metadata Request Headers" §2.3, or, in older browsers, the Origin header.
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
