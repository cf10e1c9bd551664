//! What the event history holds: calls that changed something apart from those that only read.
//!
//! The functions verify approvals and make seals with KMS, hundreds of times in a window of days. AWS keeps
//! all of that for 90 days; here it must not displace the record of a deletion.

use serde_json::Value;

use crate::recent::Recent;

/// The details of CloudTrail's records.
#[derive(Default)]
pub(super) struct Records {
    changes: Recent<Value>,
    readings: Recent<Value>,
}

impl Records {
    pub(super) fn push(&self, record: Value) {
        let is_reading = record["readOnly"] == true;
        if is_reading { self.readings.push(record) } else { self.changes.push(record) }
    }

    /// Oldest first.
    pub(super) fn all(&self) -> Vec<Value> {
        let mut all = self.changes.all();
        all.extend(self.readings.all());
        // In UTC and to the second, so that text sorts as time does.
        all.sort_by(|one, other| one["eventTime"].as_str().cmp(&other["eventTime"].as_str()));
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_kept_beside_a_thousand_readings() {
        let records = Records::default();
        records.push(json!({"eventName": "Delete", "eventTime": "2026-01-02T00:00:00Z"}));
        for _ in 0..1001 {
            let at = "2026-01-03T00:00:00Z";
            records.push(json!({"eventName": "Verify", "eventTime": at, "readOnly": true}));
        }
        records.push(json!({"eventName": "Create", "eventTime": "2026-01-04T00:00:00Z"}));
        let all = records.all();
        assert_eq!(all.len(), 1002);
        assert_eq!(
            (&all[0]["eventName"], &all[1001]["eventName"]),
            (&json!("Delete"), &json!("Create"))
        );
    }
}
