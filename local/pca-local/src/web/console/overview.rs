//! All CAs of all accounts, with the time that is left to restore the deleted ones.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use maud::{Markup, html};
use time::OffsetDateTime;

use super::{
    commands, new,
    page::{Page, Section, state, table},
    words,
};
use crate::{
    model::{
        authority::Authority,
        lifecycle::{self, CaState},
    },
    service::core::Service,
    x509::name::subject_from_api,
};

pub(super) async fn show(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let now = service.now();
    let mut rows: Vec<(u64, Markup)> = service
        .store
        .all()
        .iter()
        .filter_map(|cell| {
            let authority = cell.lock();
            (!lifecycle::is_gone(&authority.state, now))
                .then(|| (authority.ordinal, row(&authority, now)))
        })
        .collect();
    rows.sort_by_key(|(ordinal, _)| *ordinal);
    let content = html! {
        @if rows.is_empty() { (nothing()) } @else { (list(&rows)) }
        (commands::of_overview(&headers))
    };
    let page = Page {
        title: "Certificate authorities",
        place: Section::Authorities,
        path: "/_pca-local/",
        reloads: false,
        content,
    };
    page.show(&service)
}

fn nothing() -> Markup {
    html! {
        p {
            "There are none yet. " a href="/_pca-local/new" { "Create a hierarchy by a form" }
            ", or by a command below."
        }
        (new::demo())
    }
}

fn list(rows: &[(u64, Markup)]) -> Markup {
    let heading = html! {
        tr {
            th scope="col" { "Name" }
            th scope="col" { "State" }
            th scope="col" { "Time left" }
            th scope="col" { "Type" }
            th.number scope="col" { "Issued" }
            th scope="col" { "Account and Region" }
        }
    };
    table(
        "Certificate authorities",
        html! {
            table {
                caption { (rows.len()) " in the order of their creation" }
                thead { (heading) }
                tbody { @for (_, row) in rows { (row) } }
            }
        },
    )
}

fn row(authority: &Authority, now: OffsetDateTime) -> Markup {
    let arn = &authority.arn;
    html! {
        tr {
            th scope="row" {
                a href=(format!("/_pca-local/ca/{arn}")) { (name(authority)) }
                br; span.id.quiet { (arn.id) }
            }
            td { (state(authority.status(now).as_str())) }
            td { (time_left(authority, now)) }
            td { (authority.kind.as_str()) }
            td.number { (authority.issued.len()) }
            td { span.id { (arn.account) } br; (arn.region) }
        }
    }
}

/// What the CA was created as; its own certificate may say something else.
pub(super) fn name(authority: &Authority) -> String {
    let subject = authority.configuration.subject();
    let name = subject.and_then(|subject| subject_from_api(subject).ok());
    name.map(|name| words::short_name(&name))
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| authority.arn.id.clone())
}

/// To restore a deleted CA; until any other's certificate ends.
pub(super) fn time_left(authority: &Authority, now: OffsetDateTime) -> Markup {
    match (&authority.state, authority.not_after()) {
        (CaState::Deleted { restorable_until, .. }, _) => html! {
            strong { (words::span(*restorable_until - now)) " to restore it" }
            br; span.quiet { "until " (words::moment(*restorable_until)) }
        },
        (_, Some(not_after)) => html! {
            (words::span(not_after - now)) " of validity"
            br; span.quiet { "until " (words::moment(not_after)) }
        },
        (_, None) => html! { span.quiet { "no certificate yet" } },
    }
}
