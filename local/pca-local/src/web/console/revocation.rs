//! A CA's CRLs and audit reports: where they are written, and how it stands with them.

use maud::{Markup, html};

use super::{
    page::{state, table},
    words,
};
use crate::model::{
    audit_report::AuditReport,
    authority::Authority,
    crl::{Binding, PublishedCrl},
};

pub(super) fn crls(authority: &Authority) -> Markup {
    let published = authority.published_crls();
    html! {
        h2 { "CRLs" }
        @if published.is_empty() { p.quiet { "CRLs are off." } } @else {
            (table("CRLs", html! {
                table {
                    caption {
                        "The download is the CRL as it would be signed now; what relying parties "
                        "see is the object in the bucket."
                    }
                    thead { tr {
                        th scope="col" { "CRL" }
                        th.number scope="col" { "Entries" }
                        th scope="col" { "Next written" }
                        th scope="col" { "Object" }
                        th scope="col" { "URL in certificates" }
                    } }
                    tbody { @for one in &published { (crl(authority, one)) } }
                }
            }))
        }
    }
}

fn crl(authority: &Authority, published: &PublishedCrl) -> Markup {
    let (name, which) = match published.binding {
        Binding::Complete => ("Complete".to_owned(), "complete".to_owned()),
        Binding::Partition(number) => (format!("Partition {number}"), number.to_string()),
    };
    html! {
        tr {
            th scope="row" {
                (name) br;
                @if authority.certificate.is_some() {
                    a href=(format!("/_pca-local/download/crl/{which}/{}", authority.arn)) {
                        "As of now (PEM)"
                    }
                }
            }
            td.number { (published.entries) }
            td {
                @match published.due {
                    Some(due) => (words::moment(due)),
                    None => span.quiet { "when a certificate names it" },
                }
            }
            td.id { "s3://" (published.bucket) "/" (published.key) }
            td.id { (published.url) }
        }
    }
}

pub(super) fn reports(authority: &Authority) -> Markup {
    let mut reports: Vec<(&String, &AuditReport)> = authority.reports.iter().collect();
    reports.sort_by_key(|(_, report)| std::cmp::Reverse(report.created_at));
    html! {
        h2 { "Audit reports" }
        @if reports.is_empty() { p.quiet { "None." } } @else {
            (table("Audit reports", html! {
                table {
                    thead { tr {
                        th scope="col" { "Report" }
                        th scope="col" { "State" }
                        th scope="col" { "Created" }
                        th scope="col" { "Object" }
                    } }
                    tbody { @for (id, report) in reports {
                        tr {
                            th.id scope="row" { (id) }
                            td { (state(report.status.as_str())) }
                            td { (words::moment(report.created_at)) }
                            td.id { "s3://" (report.bucket) "/" (report.key) }
                        }
                    } }
                }
            }))
        }
    }
}
