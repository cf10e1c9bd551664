//! What a CA has issued, newest first, a page at a time: all of it, or what is searched for.

mod search;

use maud::{Markup, html};
use time::OffsetDateTime;

use super::{
    page::{state, table},
    words,
};
use crate::{
    model::{
        authority::Authority, issued_certificates::CertificateEntry,
        pending_work::UnissuedCertificate,
    },
    service::core::Service,
    state::memory::AuthorityCell,
    x509::{certificate::subject_of, name::rfc2253},
};

pub(super) use search::Wanted;
use search::{Found, PAGE, Reader};

/// The certificates of one page.
pub(super) struct Shown {
    wanted: Wanted,
    found: Found,
    /// How many the CA has issued.
    total: usize,
}

impl Shown {
    pub(super) async fn read(service: &Service, cell: &AuthorityCell, wanted: Wanted) -> Self {
        let total = cell.lock().issued.len();
        let reader = Reader::new(service, cell);
        let found = if wanted.is_everything() {
            reader.page(wanted.page, total).await
        } else {
            reader.search(&wanted, total).await
        };
        Self { wanted, found, total }
    }
}

pub(super) fn section(authority: &Authority, shown: &Shown, now: OffsetDateTime) -> Markup {
    let waiting = authority.unissued.values();
    let waiting = waiting.filter(|one| matches!(one, UnissuedCertificate::Waiting { .. })).count();
    html! {
        h2 #certificates { "Issued certificates" }
        @if waiting > 0 { p { (state("waiting")) " " (waiting) " being issued" } }
        @if shown.total == 0 { p.quiet { "None." } } @else {
            (form(authority, &shown.wanted))
            @if let Some(why) = &shown.found.trouble {
                p { (state("unreadable")) " Subjects cannot be shown: " (why) }
            }
            (list(authority, &shown.wanted, &shown.found, now))
        }
    }
}

/// Works without scripts: the page that it leads to can be kept and shared.
fn form(authority: &Authority, wanted: &Wanted) -> Markup {
    let path = format!("/_pca-local/ca/{}#certificates", authority.arn);
    html! {
        form.search method="get" action=(path) role="search" aria-label="Certificates" {
            label for="q" { "Serial, subject, template or account" }
            input #q type="search" name="q" value=(wanted.q) maxlength="200";
            label for="state" { "State" }
            select #state name="state" {
                option value="" { "any" }
                @for one in search::STATES {
                    option value=(one) selected[wanted.state == one] { (one) }
                }
            }
            button type="submit" { "Search" }
            @if !wanted.is_everything() {
                a href=(path) { "All" }
            }
        }
    }
}

fn list(authority: &Authority, wanted: &Wanted, found: &Found, now: OffsetDateTime) -> Markup {
    let first = (found.page - 1) * PAGE;
    html! {
        @if let Some(most) = found.searched_only {
            p { "Only the newest " (most) " were searched. Search for a whole serial number to find any." }
        }
        @if found.rows.is_empty() { p.quiet { "None fits." } } @else {
            (table("Issued certificates", html! {
                table {
                    caption {
                        (first + 1) " to " (first + found.rows.len()) " of " (found.count) ", newest first"
                    }
                    thead { tr {
                        th scope="col" { "Serial" }
                        th scope="col" { "Subject" }
                        th scope="col" { "State" }
                        th scope="col" { "Issued" }
                        th scope="col" { "Valid until" }
                        th scope="col" { "Template" }
                        th scope="col" { "For account" }
                    } }
                    tbody {
                        @for (place, body) in &found.rows {
                            @if let Some(entry) = authority.issued.at(*place) {
                                (row(authority, &entry, body, now))
                            }
                        }
                    }
                }
            }))
            (turn(authority, wanted, found))
        }
    }
}

fn row(
    authority: &Authority,
    entry: &CertificateEntry<'_>,
    der: &[u8],
    now: OffsetDateTime,
) -> Markup {
    let serial = hex::encode(entry.serial);
    let pem = format!("/_pca-local/download/certificate/{}", authority.arn.certificate(&serial));
    let subject = subject_of(der).ok().map(|name| rfc2253(&name));
    let template =
        entry.template_arn.rsplit_once(":template/").map_or(entry.template_arn, |it| it.1);
    html! {
        tr {
            th.id scope="row" { a href=(pem) title="Download as PEM" { (serial) } }
            td { @if let Some(subject) = &subject { (subject) } @else { (state("unreadable")) } }
            td { (standing(entry, now)) }
            td { (words::moment(entry.issued_at)) }
            td { (words::moment(entry.not_after)) }
            td { (template) }
            td { (entry.account) }
        }
    }
}

fn standing(entry: &CertificateEntry<'_>, now: OffsetDateTime) -> Markup {
    html! {
        (state(search::state_of(entry, now)))
        @if let Some(revocation) = entry.revocation {
            br;
            span.quiet { (revocation.reason.to_api().as_str()) ", " (words::moment(revocation.at)) }
        }
    }
}

fn turn(authority: &Authority, wanted: &Wanted, found: &Found) -> Markup {
    let link = |page: usize| {
        let query = wanted.query(page);
        format!("/_pca-local/ca/{}?{query}#certificates", authority.arn)
    };
    let (page, pages) = (found.page, found.count.div_ceil(PAGE));
    html! {
        @if pages > 1 {
            nav.pages aria-label="Pages of certificates" {
                @if page > 1 { a rel="prev" href=(link(page - 1)) { "Newer" } }
                span { "Page " (page) " of " (pages) }
                @if page < pages { a rel="next" href=(link(page + 1)) { "Older" } }
            }
        }
    }
}
