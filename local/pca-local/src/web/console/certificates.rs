//! What a CA has issued, newest first, a page at a time.

use std::ops::Range;

use maud::{Markup, html};
use time::OffsetDateTime;

use super::{
    page::{state, table},
    words,
};
use crate::{
    model::{
        authority::Authority, error::explain, issued_certificates::CertificateEntry,
        pending_work::UnissuedCertificate,
    },
    service::core::Service,
    state::memory::AuthorityCell,
    x509::{certificate::subject_of, name::rfc2253},
};

const PAGE: usize = 50;

/// The certificates of one page.
pub(super) struct Shown {
    page: usize,
    pages: usize,
    total: usize,
    places: Range<usize>,
    /// Their DER, if it is not in memory, or why it cannot be read.
    bodies: Result<Vec<Vec<u8>>, String>,
}

impl Shown {
    pub(super) async fn read(service: &Service, cell: &AuthorityCell, page: usize) -> Self {
        let (ca, total) = {
            let authority = cell.lock();
            (authority.ordinal, authority.issued.len())
        };
        let pages = total.div_ceil(PAGE).max(1);
        let page = page.clamp(1, pages);
        // The last ones come first.
        let end = total - (page - 1) * PAGE;
        let places = end.saturating_sub(PAGE)..end;
        let (data_dir, wanted) = (service.store.data_dir().clone(), places.clone());
        let since = data_dir.generation();
        let read = tokio::task::spawn_blocking(move || {
            data_dir.wait_settled(since)?;
            data_dir.bodies(ca, wanted)
        });
        let bodies = match read.await {
            Ok(read) => read.map_err(|error| explain(&error)),
            Err(error) => Err(error.to_string()),
        };
        Self { page, pages, total, places, bodies }
    }
}

pub(super) fn section(authority: &Authority, shown: &Shown, now: OffsetDateTime) -> Markup {
    let Shown { page, pages, total, places, bodies } = shown;
    let entries = authority.issued.range(places.clone()).enumerate();
    let rows: Vec<Markup> = entries
        .map(|(at, entry)| {
            let read = bodies.as_ref().ok().and_then(|bodies| bodies.get(at));
            let der = entry.der.or(read.map(Vec::as_slice));
            row(authority, &entry, der, now)
        })
        .collect();
    let waiting = authority.unissued.values();
    let waiting = waiting.filter(|one| matches!(one, UnissuedCertificate::Waiting { .. })).count();
    html! {
        h2 #certificates { "Issued certificates" }
        @if waiting > 0 { p { (state("waiting")) " " (waiting) " being issued" } }
        @if let Err(why) = bodies { p { (state("unreadable")) " Subjects cannot be shown: " (why) } }
        @if rows.is_empty() { p.quiet { "None." } } @else {
            (table("Issued certificates", html! {
                table {
                    caption {
                        (places.start + 1) " to " (places.end) " of " (total) ", newest first"
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
                    tbody { @for row in rows.iter().rev() { (row) } }
                }
            }))
            (turn(authority, *page, *pages))
        }
    }
}

fn row(
    authority: &Authority,
    entry: &CertificateEntry<'_>,
    der: Option<&[u8]>,
    now: OffsetDateTime,
) -> Markup {
    let serial = hex::encode(entry.serial);
    let pem = format!("/_pca-local/download/certificate/{}", authority.arn.certificate(&serial));
    let subject = der.and_then(|der| subject_of(der).ok()).map(|name| rfc2253(&name));
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
    match entry.revocation {
        Some(revocation) => html! {
            (state("revoked")) br;
            span.quiet { (revocation.reason.to_api().as_str()) ", " (words::moment(revocation.at)) }
        },
        None if entry.not_after < now => state("expired"),
        None if entry.not_before > now => state("not valid yet"),
        None => state("valid"),
    }
}

fn turn(authority: &Authority, page: usize, pages: usize) -> Markup {
    let link = |page: usize| format!("/_pca-local/ca/{}?page={page}#certificates", authority.arn);
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
