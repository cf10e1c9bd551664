//! Whether a CA that was restored becomes ACTIVE again. Pure, but for the policies' verdict.

use time::{Duration, OffsetDateTime};

use super::{disabled::Disabled, machine::Ruling, record::Case};
use crate::{
    ca::{Ca, CaStatus},
    instant::rfc3339,
};

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
const TOLERANCE: Duration = Duration::minutes(1);

/// Why nothing is done in the mode `observe`.
pub(in crate::jobs) const OBSERVES: &str = "Vigil only observes (Mode is observe)";

/// Why a restored CA is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum KeptDisabled {
    AlreadyActive,
    DisabledAfterwards {
        since: OffsetDateTime,
    },
    /// The CA is marked as compromised, or as one to stay out of service.
    Held {
        by: String,
    },
    /// Longer before the deletion than the setting says.
    LongDisabled {
        since: OffsetDateTime,
    },
    NotPermitted {
        policies: Vec<String>,
        errors: Vec<String>,
    },
    /// No record says when it was disabled, and that it was ACTIVE before.
    NotRecorded,
    /// Policy permits it, and Vigil observes only.
    Observed {
        policies: Vec<String>,
    },
    /// Another principal restored it, and decides about its status.
    Others,
    Refused {
        cause: String,
    },
    /// It cannot be ACTIVE from here.
    Status(CaStatus),
    /// That the CA is restored is not on record, so nothing else is done.
    Unrecorded,
    /// It was DISABLED at some time, and no event says that it was ACTIVE until then.
    Unclear,
}

/// The disabling that is to be undone, if it is one that belongs to the deletion.
pub(in crate::jobs) fn consider<'a>(
    case: &Case,
    ca: &Ca,
    record: Option<&'a Disabled>,
    within: Duration,
) -> Result<&'a Disabled, KeptDisabled> {
    match ca.status {
        CaStatus::Active => return Err(KeptDisabled::AlreadyActive),
        CaStatus::Disabled => {}
        _ => return Err(KeptDisabled::Status(ca.status.clone())),
    }
    if case.position().ruling != Some(Ruling::Restore) {
        return Err(KeptDisabled::Others);
    }
    let record = record.ok_or(KeptDisabled::NotRecorded)?;
    let (since, deleted_at) = (record.since, case.deletion().at);
    if since > deleted_at + TOLERANCE {
        return Err(KeptDisabled::DisabledAfterwards { since });
    }
    if !record.was_active || record.active_again.is_some() {
        return Err(KeptDisabled::Unclear);
    }
    if deleted_at - since > within {
        return Err(KeptDisabled::LongDisabled { since });
    }
    Ok(record)
}

impl KeptDisabled {
    /// For a finding, after "The CA is DISABLED".
    pub(in crate::jobs) fn because(&self) -> String {
        match self {
            Self::AlreadyActive => "it is ACTIVE already".to_owned(),
            Self::DisabledAfterwards { since } => {
                format!("it was disabled after the deletion, at {}", rfc3339(*since))
            }
            Self::Held { by } => format!("it is marked to stay out of service ({by})"),
            Self::LongDisabled { since } => {
                let since = rfc3339(*since);
                format!("it was DISABLED already, since {since}, longer than ReactivateWithin")
            }
            Self::NotPermitted { policies, errors } if policies.is_empty() && errors.is_empty() => {
                "no policy permits to reactivate it".to_owned()
            }
            Self::NotPermitted { policies, errors } => {
                let why: Vec<&str> = policies.iter().chain(errors).map(String::as_str).collect();
                format!("policy does not permit to reactivate it ({})", why.join("; "))
            }
            Self::NotRecorded => {
                "no record shows that it was ACTIVE until shortly before the deletion".to_owned()
            }
            Self::Observed { policies } if policies.is_empty() => OBSERVES.to_owned(),
            Self::Observed { policies } => {
                format!("{OBSERVES}; policy permits to reactivate it ({})", policies.join("; "))
            }
            Self::Others => "it was not restored by Vigil's decision".to_owned(),
            Self::Refused { cause } => format!("Vigil may not reactivate it ({cause})"),
            Self::Status(status) => format!("it is {status}"),
            Self::Unrecorded => "the evidence bucket takes no record".to_owned(),
            Self::Unclear => "it is not known to have been ACTIVE until the deletion".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        fakes,
        impact::Impact,
        jobs::case::act::{Act, Judgement},
        policy::Verdict,
    };

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn case(verdict: Verdict) -> Case {
        let until = AT + Duration::days(7);
        let mut case = Case::open(fakes::deletion(AT), until, AT).unwrap();
        let judgement = Judgement {
            verdict,
            policy_files: Vec::new(),
            policy_problem: None,
            restore_first: false,
            unknown: Vec::new(),
            suspicious: Vec::new(),
            request: serde_json::Value::Null,
            ca: serde_json::Value::Null,
            contradiction: None,
            impact: Impact::default(),
        };
        case.add(AT, Act::Judged { judgement: Box::new(judgement) }).unwrap();
        case
    }

    fn record(since: OffsetDateTime) -> Disabled {
        let ca = fakes::ARN.parse().unwrap();
        Disabled { ca, since, was_active: true, by: None, event_id: None, active_again: None }
    }

    fn check(status: CaStatus, record: Option<&Disabled>) -> Option<KeptDisabled> {
        let restore = Verdict::Restore { policies: Vec::new(), errors: Vec::new() };
        let ca = Ca { status, ..fakes::deleted_ca(AT) };
        consider(&case(restore), &ca, record, Duration::DAY).err()
    }

    #[test]
    fn only_a_disabling_that_belongs_to_the_deletion_is_undone() {
        let disabled = || CaStatus::Disabled;
        let second = Duration::SECOND;
        let day_before = AT - Duration::DAY;
        assert_eq!(check(disabled(), Some(&record(AT - second))), None);
        assert_eq!(check(disabled(), Some(&record(day_before))), None, "to the second");
        let since = day_before - second;
        assert_eq!(
            check(disabled(), Some(&record(since))),
            Some(KeptDisabled::LongDisabled { since })
        );
        let since = AT + TOLERANCE;
        assert_eq!(check(disabled(), Some(&record(since))), None, "clocks differ");
        let since = since + second;
        let afterwards = Some(KeptDisabled::DisabledAfterwards { since });
        assert_eq!(check(disabled(), Some(&record(since))), afterwards);
        assert_eq!(check(disabled(), None), Some(KeptDisabled::NotRecorded));
        let long = Disabled { was_active: false, ..record(AT - second) };
        assert_eq!(check(disabled(), Some(&long)), Some(KeptDisabled::Unclear));
        let again = Disabled { active_again: Some(AT - second), ..record(AT - Duration::HOUR) };
        assert_eq!(check(disabled(), Some(&again)), Some(KeptDisabled::Unclear));
    }

    #[test]
    fn only_a_disabled_ca_can_be_reactivated() {
        let record = record(AT - Duration::SECOND);
        assert_eq!(check(CaStatus::Active, Some(&record)), Some(KeptDisabled::AlreadyActive));
        for status in [CaStatus::Expired, CaStatus::PendingCertificate] {
            assert_eq!(check(status.clone(), Some(&record)), Some(KeptDisabled::Status(status)));
        }
    }

    #[test]
    fn who_was_restored_by_others_is_left_to_them() {
        let ca = Ca { status: CaStatus::Disabled, ..fakes::deleted_ca(AT) };
        let permitted = case(Verdict::Permit { policies: Vec::new() });
        let record = record(AT - Duration::SECOND);
        assert_eq!(
            consider(&permitted, &ca, Some(&record), Duration::DAY),
            Err(KeptDisabled::Others)
        );
    }
}
