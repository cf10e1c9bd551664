//! What a relying party gets from a CRL's distribution point.

use serde::Serialize;
use time::{Duration, OffsetDateTime, format_description::FormatItem, macros::format_description};

mod address;

pub use address::is_public;

/// How a download went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Where it led to, in order; empty without redirects.
    pub redirects: Vec<String>,
    /// What the last answer said of itself, once its body was passed on; or why there is none.
    pub result: Result<Headers, DownloadError>,
}

/// The headers that matter, as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Cache-Control`; several are joined by commas.
    pub cache_control: Option<String>,
    /// `Age`: seconds since the origin answered.
    pub age: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// `Content-Encoding`, if the body was decoded before it was passed on.
    pub decoded: Option<String>,
}

/// The metadata of an object that reaches HTTP clients as headers (Amazon S3 User Guide, Working with
/// object metadata). `None`: not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMetadata {
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// `x-amz-website-redirect-location`: where the website endpoint sends clients instead.
    pub website_redirect: Option<String>,
}

/// Why nothing could be downloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "failure", rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum DownloadError {
    #[error("{url} is not a URL that can be fetched")]
    BadUrl { url: String },
    #[error("the answer has Content-Encoding {coding}, which was not asked for")]
    Encoded { coding: String },
    #[error("the answer has Content-Encoding {coding}, and its body cannot be decoded")]
    EncodedBadly { coding: String },
    /// After resolution, on the first request or any redirect.
    #[error("{host} is at {address}, which is not an address of the public Internet")]
    ForbiddenAddress { host: String, address: String },
    #[error("{url} is not fetched by plain http")]
    NotHttp { url: String },
    #[error("the answer was {status}")]
    Status { status: u16 },
    #[error("no answer came within {seconds} s")]
    TimedOut { seconds: u64 },
    #[error("the body is over {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("it was redirected more than {limit} times")]
    TooManyRedirects { limit: usize },
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
}

impl Headers {
    /// Until when a cache may hand the answer out without asking again (RFC 9111 §4.2.1); `None`
    /// where the headers do not say.
    pub fn fresh_until(&self, received: OffsetDateTime) -> Option<OffsetDateTime> {
        let directives = self.cache_control.as_deref().unwrap_or_default();
        let directives: Vec<&str> = directives.split(',').map(str::trim).collect();
        let is = |name: &str| directives.iter().any(|one| one.eq_ignore_ascii_case(name));
        if is("no-store") || is("no-cache") {
            return Some(received);
        }
        // A shared cache goes by s-maxage, any other by max-age: the longer one is what can happen.
        let seconds = |name: &str| {
            let value = directives.iter().find_map(|one| {
                let (key, value) = one.split_once('=')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
            });
            value?.parse::<u32>().ok()
        };
        if let Some(longest) = seconds("max-age").max(seconds("s-maxage")) {
            let age = self.age.as_deref().and_then(|age| age.trim().parse::<u32>().ok());
            let left = longest.saturating_sub(age.unwrap_or(0));
            return Some(received + Duration::seconds(i64::from(left)));
        }
        self.expires.as_deref().and_then(http_date)
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
fn http_date(text: &str) -> Option<OffsetDateTime> {
    const FORM: &[FormatItem<'_>] = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    Some(time::PrimitiveDateTime::parse(text.trim(), FORM).ok()?.assume_utc())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn freshness_is_what_any_cache_may_take_it_to_be() {
        let at = datetime!(2026-03-01 12:00 UTC);
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (cache_control, age, expires, want) in [
            ("", "", "", None),
            ("max-age=60", "", "", Some(at + Duration::MINUTE)),
            ("public, Max-Age=60, s-maxage=\"120\"", "", "", Some(at + 2 * Duration::MINUTE)),
            ("max-age=60", "30", "", Some(at + Duration::seconds(30))),
            ("max-age=60", "90", "", Some(at)),
            ("no-store, max-age=60", "", "", Some(at)),
            ("", "", "Sun, 01 Mar 2026 13:00:00 GMT", Some(at + Duration::HOUR)),
            ("max-age=0", "", "Sun, 01 Mar 2026 13:00:00 GMT", Some(at)),
            ("max-age=soon", "", "tomorrow", None),
        ] {
            let headers = Headers {
                content_type: None,
                cache_control: text(cache_control),
                age: text(age),
                expires: text(expires),
                decoded: None,
            };
            assert_eq!(headers.fresh_until(at), want, "{cache_control} {age} {expires}");
        }
    }
}
