//! The events of the service, as they happen: a list, and the stream that adds to it.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    extract::{Query, State},
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::Stream;
use http::HeaderMap;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::page::{Page, Section, state, table};
use crate::{
    model::arn::CaArn,
    service::{core::Service, recent_events::Noted},
};

/// Events on a new page; more are kept, for a stream that was interrupted.
const SHOWN: usize = 100;

pub(super) async fn show(State(service): State<Arc<Service>>) -> Response {
    let noted = service.events.recent().after(0);
    let latest = noted.last().map_or(0, |noted| noted.number);
    let shown = &noted[noted.len().saturating_sub(SHOWN)..];
    let content = html! {
        p {
            "What pca-local tells EventBridge: its own events, and CloudTrail's of every call that "
            "changes something. "
            span #stream-state role="status" {
                "Without scripts this page loads itself again every five seconds."
            }
        }
        (table("Events", html! {
            table {
                caption { "Newest first" }
                thead { tr {
                    th scope="col" { "Time" }
                    th scope="col" { "Event" }
                    th scope="col" { "Outcome" }
                    th scope="col" { "About" }
                } }
                tbody aria-live="polite" aria-relevant="additions"
                    data-stream=(format!("/_pca-local/events/stream?after={latest}")) {
                    @for noted in shown.iter().rev() { (row(noted)) }
                    @if shown.is_empty() { tr #no-events { td.quiet colspan="4" { "None yet." } } }
                }
            }
        }))
    };
    let page = Page {
        title: "Events",
        place: Section::Events,
        path: "/_pca-local/events",
        reloads: true,
        content,
    };
    page.show(&service)
}

fn row(noted: &Noted) -> Markup {
    let event = noted.envelope();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let detail = &event["detail"];
    let call = detail.get("eventName").map(text);
    let outcome = match (detail.get("errorCode"), detail.get("result")) {
        (Some(_), _) => "refused".to_owned(),
        (None, Some(result)) => text(result),
        (None, None) => "success".to_owned(),
    };
    let why = detail.get("errorCode").or(detail.get("reason")).map(text);
    html! {
        tr data-event=(noted.number) {
            td { (time_of(event)) }
            td {
                @match &call {
                    Some(name) => { strong { (name) } " by " span.id { (text(&detail["userIdentity"]["arn"])) } },
                    None => strong { (text(&event["detail-type"])) },
                }
                details { summary { "JSON" } pre tabindex="0" { code { (pretty(event)) } } }
            }
            td {
                (state(&outcome))
                @if let Some(why) = why { br; span.quiet { (why) } }
            }
            td.id { (about(event)) }
        }
    }
}

fn time_of(event: &Value) -> Markup {
    let at = event["time"].as_str().unwrap_or_default();
    html! { time datetime=(at) { (at.replace('T', " ").replace('Z', " UTC")) } }
}

/// The CA, with a way to its page, and what else the event names.
fn about(event: &Value) -> Markup {
    let detail = &event["detail"];
    let parameters = &detail["requestParameters"];
    let of_call = [
        &parameters["certificateAuthorityArn"],
        &parameters["resourceArn"],
        &detail["responseElements"]["certificateAuthorityArn"],
    ];
    let named = event["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ca = named.iter().chain(of_call).find_map(|it| CaArn::parse(it.as_str()?).ok());
    let others = named.iter().skip(1).filter_map(Value::as_str);
    html! {
        @if let Some(ca) = ca {
            a href=(format!("/_pca-local/ca/{ca}")) { (ca.id) }
        }
        @for other in others { br; (other.rsplit('/').next().unwrap_or(other)) }
    }
}

/// Certificate requests are recorded octet by octet, which would fill a screen each.
fn pretty(event: &Value) -> String {
    let mut event = event.clone();
    if let Some(parameters) = event.pointer_mut("/detail/requestParameters") {
        for value in parameters.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
            if let Some(octets) = value.get_mut("hb") {
                let count = octets.as_array().map_or(0, Vec::len);
                *octets = Value::String(format!("{count} octets, not shown"));
            }
        }
    }
    serde_json::to_string_pretty(&event).unwrap_or_default()
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: u64,
}

/// Server-Sent Events: each is a row of the table.
pub(super) async fn stream(
    State(service): State<Arc<Service>>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // A browser that lost the connection says what it saw last.
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after: u64 = seen.unwrap_or(from.after);
    // One that counts further has seen another run of the service.
    let after = if after > *service.events.recent().latest().borrow() { 0 } else { after };
    Sse::new(rows(service, after)).keep_alive(KeepAlive::default())
}

fn rows(service: Arc<Service>, after: u64) -> impl Stream<Item = Result<Event, Infallible>> {
    let latest = service.events.recent().latest();
    let begin = (service, latest, after, VecDeque::<Arc<Noted>>::new());
    futures::stream::unfold(begin, |(service, mut latest, mut after, mut coming)| async move {
        loop {
            if let Some(noted) = coming.pop_front() {
                after = noted.number;
                let event = Event::default()
                    .event("noted")
                    .id(noted.number.to_string())
                    .data(row(&noted).into_string());
                return Some((Ok(event), (service, latest, after, coming)));
            }
            // Earlier events are kept; a later one ends the wait.
            latest.borrow_and_update();
            coming.extend(service.events.recent().after(after));
            if coming.is_empty() {
                latest.changed().await.ok()?;
            }
        }
    })
}
