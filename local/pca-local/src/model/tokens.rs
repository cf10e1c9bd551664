//! Idempotency tokens: what each made, and for how long a repeat returns it.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

/// How long a repeated idempotency token returns what its first use made.
pub(crate) const IDEMPOTENCY_WINDOW: Duration = Duration::minutes(5);
/// Tokens whose window is closed are dropped when there are this many, and then when there are
/// twice as many as were left.
const TOKENS_KEPT: usize = 1024;

/// Idempotency tokens: the ARN that each made, and when it was used.
pub(crate) type Tokens = HashMap<String, (String, OffsetDateTime)>;

/// What an idempotency token made, while its window is open.
pub(crate) fn fresh(tokens: &Tokens, token: &str, now: OffsetDateTime) -> Option<String> {
    let (arn, at) = tokens.get(token)?;
    (now < *at + IDEMPOTENCY_WINDOW).then(|| arn.clone())
}

/// Makes room for a token, dropping those whose window is closed. Returns the moment before which
/// what was dropped had been used; `None` if there is room.
pub(crate) fn prune(tokens: &mut Tokens, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if tokens.len() < TOKENS_KEPT || tokens.len() < tokens.capacity() {
        return None;
    }
    let before = now - IDEMPOTENCY_WINDOW;
    tokens.retain(|_, (_, at)| *at > before);
    Some(before)
}
