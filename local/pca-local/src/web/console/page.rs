//! The frame of every page: title, navigation, clock, and the headers that keep a page harmless.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::{clock_forms, words};
use crate::service::core::Service;

/// Nothing is loaded, sent or framed from or to anywhere else, and no script is in a page.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Authorities,
    Events,
    New,
    /// Below one of them.
    Elsewhere,
}

pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) place: Section,
    /// Its own path: where moving the clock comes back to.
    pub(super) path: &'a str,
    /// Loads itself again every few seconds where there are no scripts.
    pub(super) reloads: bool,
    pub(super) content: Markup,
}

impl Page<'_> {
    pub(super) fn show(self, service: &Service) -> Response {
        self.show_as(StatusCode::OK, service)
    }

    pub(super) fn show_as(self, status: StatusCode, service: &Service) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (status, headers, self.markup(service).into_string()).into_response()
    }

    fn markup(&self, service: &Service) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · pca-local" }
                    link rel="stylesheet" href="/_pca-local/console.css";
                    link rel="icon" type="image/svg+xml" href="/_pca-local/console.svg";
                    @if self.reloads { noscript { meta http-equiv="refresh" content="5"; } }
                    script src="/_pca-local/console.js" defer {}
                }
                body {
                    a.skip href="#content" { "Skip to content" }
                    header {
                        div.bar {
                            p.name { "pca-local" }
                            nav aria-label="Main" {
                                ul {
                                    (self.entry(Section::Authorities, "/_pca-local/", "Certificate authorities"))
                                    (self.entry(Section::New, "/_pca-local/new", "New hierarchy"))
                                    (self.entry(Section::Events, "/_pca-local/events", "Events"))
                                }
                            }
                        }
                        (clock_forms::forms(service, self.path))
                    }
                    main #content tabindex="-1" {
                        h1 { (self.title) }
                        (self.content)
                    }
                }
            }
        }
    }

    fn entry(&self, place: Section, path: &str, text: &str) -> Markup {
        let current = (self.place == place).then_some("page");
        html! { li { a href=(path) aria-current=[current] { (text) } } }
    }
}

/// A page that says what went wrong, and where to go on.
pub(super) fn refusal(service: &Service, status: StatusCode, why: &str) -> Response {
    let title = match status {
        StatusCode::NOT_FOUND => "Not here",
        _ => "That did not work",
    };
    let content = html! {
        p { (why) }
        p { a href="/_pca-local/" { "All certificate authorities" } }
    };
    let page =
        Page { title, place: Section::Elsewhere, path: "/_pca-local/", reloads: false, content };
    page.show_as(status, service)
}

/// A table may be wider than the page, and is scrolled by keyboard too.
pub(super) fn table(label: &str, table: Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (table) } }
}

pub(super) fn state(text: &str) -> Markup {
    html! { span class=(format!("state {}", words::mood(text))) { (text) } }
}
