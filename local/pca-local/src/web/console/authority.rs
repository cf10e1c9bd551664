//! One CA: how it is configured, what it is certified by, and what it has issued.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use maud::{Markup, PreEscaped, html};
use time::OffsetDateTime;

use super::{
    certificates::{self, Shown, Wanted},
    commands, overview,
    page::{Page, Section, refusal, state},
    revocation, words,
};
use crate::{
    model::{arn::CaArn, authority::Authority, ca_certificate::CaCertificate, lifecycle::CaState},
    service::core::Service,
    x509::{
        certificate::Certificate,
        name::{rfc2253, subject_from_api},
    },
};

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Path(arn): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let now = service.now();
    let found = CaArn::parse(&arn).and_then(|arn| service.store.find(&arn, now));
    let Ok(cell) = found else {
        let why = format!("There is no CA {arn}. A deleted one is gone when its window is over.");
        return refusal(&service, StatusCode::NOT_FOUND, &why);
    };
    let shown = Shown::read(&service, &cell, wanted).await;
    let (name, content) = {
        let authority = cell.lock();
        let commands = commands::of_authority(&headers, &authority);
        (overview::name(&authority), content(&authority, &shown, &commands, now))
    };
    let path = format!("/_pca-local/ca/{arn}");
    let page =
        Page { title: &name, place: Section::Elsewhere, path: &path, reloads: false, content };
    page.show(&service)
}

fn content(authority: &Authority, shown: &Shown, commands: &Markup, now: OffsetDateTime) -> Markup {
    html! {
        p.id { (authority.arn) }
        p { (state(authority.status(now).as_str())) }
        dl {
            dt { "Time left" } dd { (overview::time_left(authority, now)) }
            dt { "Created" } dd { (words::moment(authority.created_at)) }
            dt { "Last change of state" } dd { (words::moment(authority.last_state_change_at)) }
            @if let CaState::Failed(reason) = &authority.state {
                dt { "Failed because of" } dd { (reason.as_str()) }
            }
        }
        (configuration(authority))
        h2 { "CA certificate and chain" }
        (own_certificate(authority))
        (certificates::section(authority, shown, now))
        (revocation::crls(authority))
        (revocation::reports(authority))
        (access(authority))
        (commands)
    }
}

fn configuration(authority: &Authority) -> Markup {
    let configuration = &authority.configuration;
    let subject = configuration.subject().and_then(|subject| subject_from_api(subject).ok());
    let ocsp = match authority.ocsp_configuration() {
        Some(ocsp) => ocsp.ocsp_custom_cname().unwrap_or("on"),
        None => "off",
    };
    html! {
        h2 { "Configuration" }
        dl {
            dt { "Type" } dd { (authority.kind.as_str()) }
            dt { "Subject" } dd { (subject.map(|name| rfc2253(&name)).unwrap_or_default()) }
            dt { "Key algorithm" } dd { (configuration.key_algorithm().as_str()) }
            dt { "Signing algorithm" } dd { (configuration.signing_algorithm().as_str()) }
            dt { "Usage mode" } dd { (authority.usage_mode.as_str()) }
            dt { "Key storage" } dd { (authority.key_storage.as_str()) }
            dt { "OCSP" } dd { (ocsp) }
        }
    }
}

fn own_certificate(authority: &Authority) -> Markup {
    let arn = &authority.arn;
    let request = authority.csr().is_ok().then(|| {
        html! {
            a href=(format!("/_pca-local/download/csr/{arn}")) { "Certificate request (PEM)" }
        }
    });
    let Some(CaCertificate { certificate, chain, .. }) = &authority.certificate else {
        return html! {
            p { "None has been imported yet." }
            @if let Some(request) = request { p { (request) } }
        };
    };
    html! {
        dl {
            dt { "Subject" } dd { (rfc2253(&certificate.subject)) }
            dt { "Issuer" } dd { (rfc2253(&certificate.issuer)) }
            dt { "Serial" } dd.id { (certificate.serial_colon()) }
            dt { "Valid" } dd { (period(certificate)) }
            dt { "Chain" }
            dd {
                @if chain.is_empty() { "none: it is a root" } @else {
                    ol { @for above in chain {
                        li { (rfc2253(&above.subject)) ", " (period(above)) }
                    } }
                }
            }
        }
        ul {
            li { a href=(format!("/_pca-local/download/certificate/{arn}")) { "CA certificate (PEM)" } }
            @if !chain.is_empty() {
                li { a href=(format!("/_pca-local/download/chain/{arn}")) { "Chain (PEM)" } }
            }
            @if let Some(request) = request { li { (request) } }
        }
    }
}

fn period(certificate: &Certificate) -> Markup {
    html! {
        (words::moment(certificate.not_before)) " to " (words::moment(certificate.not_after))
    }
}

/// Tags, permissions and the resource policy.
fn access(authority: &Authority) -> Markup {
    let none = PreEscaped("<p class=\"quiet\">None.</p>");
    html! {
        h2 { "Tags" }
        @if authority.tags.is_empty() { (none) } @else {
            dl { @for tag in &authority.tags {
                dt { (tag.key()) } dd { (tag.value().unwrap_or_default()) }
            } }
        }
        h2 { "Permissions" }
        @if authority.permissions.is_empty() { (none) } @else {
            ul { @for permission in &authority.permissions {
                li {
                    (permission.principal) " for account " (permission.source_account) ": "
                    (permission.actions.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", "))
                }
            } }
        }
        h2 { "Resource policy" }
        @match &authority.policy {
            Some(policy) => pre tabindex="0" { code { (indented(&policy.text)) } },
            None => (none),
        }
    }
}

fn indented(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}
