//! Opaque page tokens: they name the next item by its place in the order of creation, so that
//! inserting and deleting between two pages neither repeats nor skips anything.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::model::error::ApiError;

const PREFIX: &str = "v1:";

pub(super) fn page_size(max_results: Option<i32>, most: usize) -> usize {
    max_results.and_then(|max| usize::try_from(max).ok()).map_or(most, |max| max.min(most))
}

pub(super) fn token(next: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{PREFIX}{next}"))
}

pub(super) fn read_token(token: &str) -> Result<u64, ApiError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(PREFIX)?.parse().ok())
        .ok_or_else(|| ApiError::invalid_next_token("The NextToken is not one that was returned"))
}

/// One page of a list that is only ever appended to or taken from, by position.
pub(super) fn page<'a, T>(
    all: &'a [T],
    token_given: Option<&str>,
    size: usize,
) -> Result<(&'a [T], Option<String>), ApiError> {
    let first = token_given.map(read_token).transpose()?.unwrap_or(0);
    let first = usize::try_from(first).unwrap_or(usize::MAX).min(all.len());
    let end = all.len().min(first.saturating_add(size));
    let next = (end < all.len()).then(|| token(end as u64));
    Ok((&all[first..end], next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_anything_else_is_refused() {
        assert_eq!(read_token(&token(7)), Ok(7));
        for garbage in ["", "7", "djE6", "djE6LTE", "ä"] {
            assert_eq!(read_token(garbage).unwrap_err().code, "InvalidNextTokenException");
        }
    }

    #[test]
    fn a_page_is_never_larger_than_the_most() {
        assert_eq!(page_size(None, 100), 100);
        assert_eq!(page_size(Some(1), 100), 1);
        assert_eq!(page_size(Some(1000), 100), 100);
    }
}
