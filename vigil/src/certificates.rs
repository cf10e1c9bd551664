//! `vigil certificates`: finds certificates in audit reports, of any size.

mod count;
mod filter;
mod newest;
mod output;
mod query;
mod row;
mod sort;
mod source;
mod successor;
mod value;

use std::io;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use vigil_core::{arn::CaArn, span::Span};

use crate::{
    exit::{Answer, Exit},
    moment::{between, moment},
};

/// Of several reports of one CA, the newest alone is read: the one with the latest issuance or
/// revocation, or the one that S3 has as the latest. --all-reports reads them all.
///
/// Memory does not grow with the report, except with --sort without --limit, and with
/// --without-successor (about 40 bytes for each subject).
///
/// Exit codes: 0 all records were read, 2 some could not be.
#[derive(Args)]
pub(crate) struct Options {
    /// Audit reports (.json or .csv): files, folders of files, `-` for standard input, s3://BUCKET/KEY,
    /// or s3://BUCKET/FOLDER/.
    #[arg(value_name = "REPORT", required_unless_present = "ca")]
    reports: Vec<String>,
    /// The newest report of this CA, in --report-bucket or in the bucket of its CRL.
    #[arg(long, value_name = "ARN", conflicts_with = "reports")]
    ca: Option<CaArn>,
    /// The bucket with the CA's reports.
    #[arg(long, value_name = "BUCKET", requires = "ca")]
    report_bucket: Option<String>,
    /// Read all reports of a CA, not the newest alone. A certificate is then in the output as often as
    /// it is in a report, and one that was revoked is also there as valid.
    #[arg(long, conflicts_with = "ca")]
    all_reports: bool,
    #[command(flatten)]
    filters: Filters,
    /// Order of the certificates: issued, ending, revoked, subject or serial. Descending with a minus in front, as -ending.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true, value_parser = sort::order)]
    sort: Option<sort::Order>,
    /// Print at most so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print numbers by this field, not certificates. Of more than 100,000 values, those that come later are
    /// counted together.
    #[arg(long, value_enum, conflicts_with_all = ["sort", "limit"])]
    count_by: Option<count::Field>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Judge valid and expired as of this time. Default: now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<OffsetDateTime>,
}

#[derive(Args)]
struct Filters {
    /// Only certificates of these statuses, as valid,revoked.
    #[arg(long, value_enum, value_delimiter = ',')]
    status: Vec<row::Status>,
    /// Only subjects that contain this text, in upper and lower case as it is written. With * or ?, the
    /// whole subject has to fit.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Only this serial number, as 00:1f:a2, 0x1fa2 or 1FA2.
    #[arg(long, value_name = "HEX", value_parser = value::serial)]
    serial: Option<String>,
    /// Only this template: its ARN, or a part of it, as CodeSigning. * and ? as for --subject.
    #[arg(long, value_name = "TEXT")]
    template: Option<String>,
    /// Only certificates that this account requested.
    #[arg(long, value_name = "ACCOUNT", value_parser = value::account)]
    account: Option<String>,
    /// Only certificates that were revoked for this reason, as KEY_COMPROMISE.
    #[arg(long, value_name = "REASON", value_parser = value::reason)]
    reason: Option<String>,
    /// Only certificates that were issued within this time, as 30d.
    #[arg(long, value_name = "SPAN", conflicts_with = "issued_between")]
    issued_within: Option<Span>,
    /// Only certificates that were issued between these dates, as 2026-01-01..2026-02-01. The second
    /// one is left out.
    #[arg(long, value_name = "FROM..TO", value_parser = between)]
    issued_between: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Only certificates that end within this time from now on, as 30d.
    #[arg(long, value_name = "SPAN", conflicts_with = "ending_between")]
    ending_within: Option<Span>,
    /// Only certificates that end between these dates. The second one is left out.
    #[arg(long, value_name = "FROM..TO", value_parser = between)]
    ending_between: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Only certificates that were revoked within this time.
    #[arg(long, value_name = "SPAN", conflicts_with = "revoked_between")]
    revoked_within: Option<Span>,
    /// Only certificates that were revoked between these dates. The second one is left out.
    #[arg(long, value_name = "FROM..TO", value_parser = between)]
    revoked_between: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Only certificates with no later certificate of the same subject in the same reports.
    #[arg(long)]
    without_successor: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for readers.
    Table,
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180, with a header line.
    Csv,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum CertificatesError {
    #[error("cannot write the certificates")]
    Output(#[source] io::Error),
    #[error(transparent)]
    Source(#[from] source::SourceError),
}

pub(crate) fn run(options: &Options) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(query::run(options))?;
    Ok(exit)
}

/// All was read, or not.
fn exit(unread: u64) -> Exit {
    if unread == 0 { Exit::Clean } else { Exit::NotChecked }
}
