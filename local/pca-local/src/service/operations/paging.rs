//! Opaque page tokens: they name the next item by its place in the order of creation, so that
//! inserting and deleting between two pages neither repeats nor skips anything.
//!
//! A token is good for the list that it came from: "Use the token returned from your previous call"
//! (API reference, InvalidNextTokenException).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::model::error::ApiError;

/// How many octets of the digest of its list and place a token begins with.
const MARK: usize = 9;

pub(super) fn page_size(max_results: Option<i32>, most: usize) -> usize {
    max_results.and_then(|max| usize::try_from(max).ok()).map_or(most, |max| max.min(most))
}

/// `list` says which list it is: the operation and what it lists.
pub(super) fn token(list: &str, next: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([mark(list, next).as_slice(), &next.to_be_bytes()].concat())
}

pub(super) fn read_token(list: &str, token: &str) -> Result<u64, ApiError> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    decoded
        .and_then(|octets| {
            let (mark_given, next) = octets.split_at_checked(MARK)?;
            let next = u64::from_be_bytes(next.try_into().ok()?);
            (mark_given == mark(list, next)).then_some(next)
        })
        .ok_or_else(|| ApiError::invalid_next_token("The NextToken is not one that was returned"))
}

fn mark(list: &str, next: u64) -> Vec<u8> {
    let whole = [&next.to_be_bytes(), list.as_bytes()].concat();
    digest(&SHA256, &whole).as_ref()[..MARK].to_vec()
}

/// One page of a list that is only ever appended to or taken from, by position.
pub(super) fn page<'a, T>(
    list: &str,
    all: &'a [T],
    token_given: Option<&str>,
    size: usize,
) -> Result<(&'a [T], Option<String>), ApiError> {
    let first = token_given.map(|given| read_token(list, given)).transpose()?.unwrap_or(0);
    let first = usize::try_from(first).unwrap_or(usize::MAX).min(all.len());
    let end = all.len().min(first.saturating_add(size));
    let next = (end < all.len()).then(|| token(list, end as u64));
    Ok((&all[first..end], next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_anything_else_is_refused() {
        assert_eq!(read_token("mine", &token("mine", 7)), Ok(7));
        let (yours, long) = (token("yours", 7), token("mine", 7) + "AA");
        for garbage in ["", "7", "djE6", "djE6LTE", "ä", &yours, &long] {
            let error = read_token("mine", garbage).unwrap_err();
            assert_eq!(error.code, "InvalidNextTokenException", "{garbage}");
        }
    }

    #[test]
    fn a_token_in_which_one_letter_is_another_is_refused() {
        let token = token("mine", 7);
        for at in 0..token.len() {
            for letter in "AEZaz059-_".chars() {
                let mut altered = token.clone();
                altered.replace_range(at..=at, &letter.to_string());
                assert_eq!(read_token("mine", &altered).is_ok(), altered == token, "{altered}");
            }
        }
    }

    #[test]
    fn a_page_is_never_larger_than_the_most() {
        assert_eq!(page_size(None, 100), 100);
        assert_eq!(page_size(Some(1), 100), 1);
        assert_eq!(page_size(Some(1000), 100), 100);
    }
}
