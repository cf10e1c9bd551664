//! Records that are not the CA's, and records that cannot be.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{super::Record, Concern};

/// Records that are not counted as the CA's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Apart {
    /// The certificate's ARN is not one of this CA.
    pub another_ca: Concern,
    /// The end of the certificate's ARN is not the serial number.
    pub other_serial: Concern,
    /// Unexpired, and the same record was there before.
    pub repeated: Concern,
    /// Unexpired, and a record was there before that differs in nothing but that one of them is revoked
    /// and the other is not. The certificate is counted as revoked.
    pub repeated_serial: Concern,
}

/// Records that cannot be so. They are counted all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Impossible {
    /// The validity ends before it begins.
    pub ends_before_it_begins: Concern,
    /// Issued after the report was created.
    pub issued_after_report: Concern,
    /// Revoked before it was issued.
    pub revoked_before_issued: Concern,
    /// Revoked after the report was created.
    pub revoked_after_report: Concern,
    /// Unexpired, and a record of another certificate with this serial number was there before, or of
    /// another revocation. Those that differ are named by the serial number alone.
    #[serde(default)]
    pub shared_serial: Concern,
}

impl Apart {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.another_ca.count
            + self.other_serial.count
            + self.repeated.count
            + self.repeated_serial.count
    }

    /// How many of each class there are, in words.
    pub fn in_words(&self) -> String {
        let classes = [
            ("of another CA", &self.another_ca),
            ("with a serial number that is not the end of the ARN", &self.other_serial),
            ("the same record again", &self.repeated),
            ("once as revoked and once as not revoked", &self.repeated_serial),
        ];
        let there = classes.iter().filter(|(_, of)| of.count > 0);
        let shown: Vec<String> = there.map(|(what, of)| format!("{what}: {}", of.count)).collect();
        shown.join("; ")
    }

    /// Whether the record is apart: then it is counted here. `prefix`: of the ARNs of the CA's
    /// certificates.
    pub(super) fn takes(&mut self, record: &Record<'_>, prefix: Option<&str>) -> bool {
        let Some(prefix) = prefix else { return false };
        let concern = match record.certificate_arn.strip_prefix(prefix) {
            None => &mut self.another_ca,
            Some(name) if !is_serial(name, &record.serial) => &mut self.other_serial,
            Some(_) => return false,
        };
        concern.add(record, record.not_after);
        true
    }
}

/// Whether the last part of a certificate's ARN is this serial number. ACM PCA writes it in
/// hexadecimal; examples of its documentation have it in decimal (API Reference, IssueCertificate).
fn is_serial(name: &str, serial: &str) -> bool {
    let digits = |text: &str| text.trim_start_matches('0').to_ascii_lowercase();
    let serial = digits(&serial.replace(':', ""));
    if digits(name) == serial {
        return true;
    }
    let decimal = name.parse::<u128>().ok();
    decimal.is_some() && decimal == u128::from_str_radix(&serial, 16).ok()
}

impl Impossible {
    /// `record` has the serial number of another one that differs.
    pub(super) fn shares_serial(&mut self, record: &Record<'_>, as_of: OffsetDateTime) {
        self.shared_serial.add_alike(record, "(several records)", as_of);
    }

    pub(super) fn see(&mut self, record: &Record<'_>, as_of: OffsetDateTime) {
        if record.not_after < record.not_before {
            self.ends_before_it_begins.add(record, record.not_after);
        }
        if record.issued_at > as_of {
            self.issued_after_report.add(record, record.issued_at);
        }
        self.see_revocation(record, as_of);
    }

    pub(super) fn see_revocation(&mut self, record: &Record<'_>, as_of: OffsetDateTime) {
        let Some(revoked_at) = record.revoked_at else { return };
        if revoked_at < record.issued_at {
            self.revoked_before_issued.add(record, revoked_at);
        }
        if revoked_at > as_of {
            self.revoked_after_report.add(record, revoked_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_serial;

    #[test]
    fn an_arn_ends_with_the_serial_in_hex_or_decimal() {
        for (name, serial, same) in [
            (
                "00112233445566778899aabbccddeeff",
                "00:11:22:33:44:55:66:77:88:99:AA:bb:cc:dd:ee:ff",
                true,
            ),
            (
                "112233445566778899aabbccddeeff",
                "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
                true,
            ),
            (
                "286535153982981100925020015808220737245",
                "d7:90:91:c7:52:ce:c2:a2:75:5a:5c:72:98:19:c2:dd",
                false,
            ),
            ("17", "11", true),
            ("11", "11", true),
            ("12", "11", false),
            ("", "11", false),
            ("certificate", "11", false),
        ] {
            assert_eq!(is_serial(name, serial), same, "{name} {serial}");
        }
    }
}
