//! Audit reports of any size, from a seed: in no order, with some revoked, and in one of fifty a subject that
//! has quotes and letters beyond ASCII.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use time::{
    Duration, OffsetDateTime,
    format_description::FormatItem,
    macros::{datetime, format_description},
};

use crate::BenchResult;

/// The form of a report.
#[derive(Clone, Copy)]
pub enum Form {
    /// One array of objects.
    Json,
    /// A header and a line for each record.
    Csv,
}

/// No record was issued after it.
pub const NOW: OffsetDateTime = datetime!(2026-03-01 0:00 UTC);
const TIME: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");

/// Numbers that a seed determines (Steele and others, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// One record. In one of fifty, the subject has quotes and letters beyond ASCII.
struct Generated {
    account: &'static str,
    serial: String,
    subject: String,
    times: [String; 3],
    revoked: Option<String>,
}

fn generated(number: u64, of: &mut Numbers) -> BenchResult<Generated> {
    let seconds = |of: &mut Numbers, days: u64| {
        Duration::seconds(i64::try_from(of.below(days * 86_400)).unwrap_or_default())
    };
    let text = |at: OffsetDateTime| at.format(TIME).map_err(|error| error.to_string());
    let issued = NOW - seconds(of, 900);
    let days = [7, 30, 90, 398, 825].get(usize::try_from(of.below(5)).unwrap_or(0));
    let end = issued + Duration::days(*days.unwrap_or(&90));
    let host = of.below(1_000_000);
    let subject = match of.below(50) {
        0 => format!("CN=\"Größe \\ {host}\",O=Ünïcode,C=DE"),
        _ => format!("CN=host-{host}.example.com,OU=Sales,O=Example Company,L=Seattle,C=US"),
    };
    let revoked = (of.below(20) == 0).then(|| text(issued + (NOW - issued) / 2)).transpose()?;
    // No order: multiplied by an odd number, each number is there once.
    let serial =
        format!("{:032x}", u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 32 | 7);
    let accounts = ["111122223333", "444455556666", "777788889999"];
    let account = accounts[usize::try_from(of.below(3)).unwrap_or(0)];
    let times = [text(issued - Duration::HOUR)?, text(end)?, text(issued)?];
    Ok(Generated { account, serial, subject, times, revoked })
}

const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";

impl Generated {
    fn serial(&self) -> String {
        let pairs = self.serial.as_bytes().chunks(2).map(String::from_utf8_lossy);
        pairs.collect::<Vec<_>>().join(":")
    }

    fn json(&self, ca: &str) -> String {
        let Self { account, serial, subject, times: [begin, end, issued], revoked } = self;
        let subject = serde_json::Value::from(subject.as_str());
        let revoked = revoked.as_ref().map_or_else(String::new, |at| {
            format!(r#","revokedAt":"{at}","revocationReason":"SUPERSEDED""#)
        });
        format!(
            r#"{{"awsAccountId":"{account}","certificateArn":"{ca}/certificate/{serial}","serial":"{}","subject":{subject},"notBefore":"{begin}","notAfter":"{end}","issuedAt":"{issued}"{revoked},"templateArn":"{TEMPLATE}"}}"#,
            self.serial()
        )
    }

    fn csv(&self, ca: &str) -> String {
        let Self { account, serial, subject, times: [begin, end, issued], revoked } = self;
        let subject = subject.replace('"', "\"\"");
        let (at, reason) = match revoked {
            Some(at) => (at.as_str(), "SUPERSEDED"),
            None => ("", ""),
        };
        format!(
            "{account},,{ca}/certificate/{serial},{},\"{subject}\",{begin},{end},{issued},{at},{reason},{TEMPLATE}",
            self.serial()
        )
    }
}

const HEADER: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,issuedAt,\
                      revokedAt,revocationReason,templateArn";

/// Writes a report of a CA. The records are the same ones in both forms.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(path: &Path, form: Form, ca: &str, records: u64) -> BenchResult<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    let mut numbers = Numbers(14);
    if let Form::Csv = form {
        writeln!(file, "{HEADER}").map_err(failed)?;
    }
    for number in 1..=records {
        let record = generated(number, &mut numbers)?;
        let begin = if number == 1 { "[" } else { ",\n" };
        match form {
            Form::Json => write!(file, "{begin}{}", record.json(ca)),
            Form::Csv => writeln!(file, "{}", record.csv(ca)),
        }
        .map_err(failed)?;
    }
    if let Form::Json = form {
        writeln!(file, "]").map_err(failed)?;
    }
    file.flush().map_err(failed)
}
