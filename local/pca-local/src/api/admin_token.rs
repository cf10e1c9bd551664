//! The token that `/_pca-local/` asks for where others than its user can reach it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, StatusCode, header};

const RANDOM_BYTES: usize = 16;

/// A secret that requests carry as `Authorization: Bearer TOKEN`. A browser asks its user for it,
/// as the password of any name. `Debug` does not show it.
#[derive(Clone)]
pub struct AdminToken(String);

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

impl AdminToken {
    /// A token of one's own.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// A random one; `None` if the system gives no random bytes.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; RANDOM_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Some(Self(hex::encode(bytes)))
    }

    /// The secret itself, to be shown to who started the service.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a request carries the token.
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, rest)) = given.and_then(|given| given.split_once(' ')) else {
            return false;
        };
        let token = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => rest.trim().as_bytes().to_vec(),
            "basic" => {
                let Ok(pair) = BASE64_STANDARD.decode(rest.trim()) else { return false };
                let colon = pair.iter().position(|byte| *byte == b':');
                colon.map_or_else(Vec::new, |colon| pair[colon + 1..].to_vec())
            }
            _ => return false,
        };
        verify_slices_are_equal(&token, self.0.as_bytes()).is_ok()
    }

    /// 401, which makes a browser ask for the token.
    pub fn refusal() -> Response {
        let why = "this path needs the token that was printed at the start, as in \
                   'Authorization: Bearer TOKEN'\n";
        let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"pca-local\", charset=\"UTF-8\"")];
        (StatusCode::UNAUTHORIZED, ask, why).into_response()
    }
}

/// Refuses what does not carry the token, if there is one.
pub(crate) async fn require(
    State(token): State<Option<AdminToken>>,
    request: Request,
    next: Next,
) -> Response {
    match token {
        Some(token) if !token.is_in(request.headers()) => AdminToken::refusal(),
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_taken_as_bearer_and_as_password_only() {
        let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
        for (value, want) in [
            ("Bearer s3cret", true),
            ("bearer s3cret", true),
            (&basic("anyone:s3cret"), true),
            (&basic(":s3cret"), true),
            ("Bearer s3cre", false),
            ("Bearer s3cret2", false),
            ("Bearer ", false),
            ("s3cret", false),
            ("Basic s3cret", false),
            (&basic("s3cret"), false),
            ("AWS4-HMAC-SHA256 Credential=s3cret", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", value.parse().unwrap());
            assert_eq!(AdminToken::new("s3cret").is_in(&headers), want, "{value}");
        }
        assert!(!AdminToken::new("s3cret").is_in(&HeaderMap::new()));
        let random = AdminToken::random().unwrap();
        assert_eq!((random.reveal().len(), format!("{random:?}").len()), (32, 14));
    }
}
