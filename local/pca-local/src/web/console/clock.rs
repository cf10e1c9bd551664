//! Moves the clock as a form of the console says.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use serde::Deserialize;
use time::{PrimitiveDateTime, macros::format_description};

use super::page;
use crate::{
    service::{core::Service, timeline::can_advance},
    web::answer::written,
};

/// One of the three says what to do.
#[derive(Deserialize)]
struct Change {
    back: Option<String>,
    hands: Option<String>,
    seconds: Option<i64>,
    to: Option<String>,
}

pub(super) async fn change(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let refuse = |why: &str| page::refusal(&service, StatusCode::BAD_REQUEST, why);
    let Ok(change) = serde_urlencoded::from_bytes::<Change>(&body) else {
        return refuse("The form was not filled in as it is shown.");
    };
    let generation = service.store.generation();
    let clock = service.timeline.clock();
    let now = clock.now();
    let target = match (change.hands.as_deref(), change.seconds, change.to.as_deref()) {
        (Some("freeze"), ..) => {
            clock.freeze();
            None
        }
        (Some("run"), ..) => {
            clock.run();
            None
        }
        (None, Some(seconds), _) => Some(now.saturating_add(time::Duration::seconds(seconds))),
        (None, None, Some(to)) => match parse(to) {
            Some(to) => Some(to.assume_utc()),
            None => return refuse("The moment is a date and a time, as 2026-01-31T09:00."),
        },
        _ => return refuse("The form says neither how far nor where to move the clock."),
    };
    if let Some(target) = target {
        if !can_advance(now, target) {
            return refuse(
                "The clock moves forward only, and at most 30 years at once: what is due on the way \
                 is run. PUT /_pca-local/clock sets it to any moment and runs nothing.",
            );
        }
        service.timeline.advance_to(target).await;
    }
    let back = Redirect::to(own_path(change.back.as_deref())).into_response();
    written(&service, generation, back).await
}

fn parse(to: &str) -> Option<PrimitiveDateTime> {
    PrimitiveDateTime::parse(
        to,
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]"),
    )
    .or_else(|_| {
        PrimitiveDateTime::parse(to, format_description!("[year]-[month]-[day]T[hour]:[minute]"))
    })
    .ok()
}

/// The page that the form was on, if it is one of ours.
fn own_path(back: Option<&str>) -> &str {
    let is_plain = |path: &&str| path.bytes().all(|byte| byte.is_ascii_graphic());
    back.filter(|path| path.starts_with("/_pca-local/")).filter(is_plain).unwrap_or("/_pca-local/")
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_back_never_leads_out_of_the_console() {
        for (back, want) in [
            (Some("/_pca-local/events?x=1"), "/_pca-local/events?x=1"),
            (Some("//elsewhere.example/_pca-local/"), "/_pca-local/"),
            (Some("https://elsewhere.example"), "/_pca-local/"),
            (Some("/_pca-local/\r\nSet-Cookie: a=b"), "/_pca-local/"),
            (None, "/_pca-local/"),
        ] {
            assert_eq!(own_path(back), want);
        }
    }
}
