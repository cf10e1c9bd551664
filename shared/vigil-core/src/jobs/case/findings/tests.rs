use time::{Duration, macros::datetime};

use super::*;
use crate::{
    cloudtrail::Principal,
    fakes,
    impact::Impact,
    jobs::{auto_restore::vanished, case::act::Judgement},
    rules::fixtures::{assert_all_kinds, assert_presentable},
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

/// The case of a deletion by alice, with these acts.
fn case(acts: Vec<Act>) -> Case {
    let arn = Some("arn:aws:sts::111122223333:assumed-role/Admin/alice".to_owned());
    let by = Principal { kind: "AssumedRole".to_owned(), arn, ..Principal::default() };
    let deletion = crate::cloudtrail::Deletion { by, ..fakes::deletion(AT) };
    let mut case = Case::open(deletion, AT + Duration::days(7), AT).unwrap();
    for act in acts {
        case.add(AT, act).unwrap();
    }
    case
}

fn judged(verdict: Verdict, problem: Option<&str>) -> Act {
    let judgement = Judgement {
        restore_first: matches!(verdict, Verdict::Ask { .. }) && problem.is_some(),
        verdict,
        policy_files: Vec::new(),
        policy_problem: problem.map(str::to_owned),
        unknown: Vec::new(),
        suspicious: Vec::new(),
        request: Value::Null,
        ca: Value::Null,
        impact: Impact::default(),
        contradiction: None,
    };
    Act::Judged { judgement: Box::new(judgement) }
}

fn judged_by_contradictory_events() -> Act {
    let Act::Judged { mut judgement } = judged(to_restore(), None) else { panic!() };
    judgement.contradiction = Some("the events one and two are of one deletion".to_owned());
    Act::Judged { judgement }
}

/// With an object that could not be used.
fn judged_without(object: &str) -> Act {
    let Act::Judged { mut judgement } = judged(to_restore(), None) else { panic!() };
    judgement.suspicious.push(object.to_owned());
    Act::Judged { judgement }
}

fn to_restore() -> Verdict {
    Verdict::Restore { policies: Vec::new(), errors: Vec::new() }
}

fn ask() -> Verdict {
    Verdict::Ask { policies: vec!["ask-for-roots".to_owned()] }
}

fn restored_as(status: &str, by: Restorer) -> Case {
    case(vec![
        judged(to_restore(), None),
        Act::Restoring { earlier: Vec::new(), uncounted: None },
        Act::Restored { status: status.to_owned(), by, request_id: None, deleted_again_at: None },
    ])
}

/// Escalated, and then restored at the last threshold.
fn overruled() -> Case {
    let overruled =
        Act::Overruled { policies: Vec::new(), request: Value::Null, refused_approval: None };
    case(vec![
        judged(ask(), None),
        Act::Escalated { earlier: Vec::new(), asked: true },
        overruled,
        Act::Restored {
            status: "DISABLED".to_owned(),
            by: Restorer::Vigil,
            request_id: None,
            deleted_again_at: None,
        },
    ])
}

#[test]
fn every_kind_reads_as_its_golden_file_says() {
    let ca = &fakes::deleted_ca(AT);
    let now = AT + Duration::minutes(1);
    let of = |case: &Case| findings(case, Some(ca), None, None, now);
    let left = KeptDisabled::NotRecorded;
    let held = KeptDisabled::Held { by: "the tag vigil:compromised".to_owned() };
    let not_put_back = Some("PutPolicy was refused");
    let disabled = restored_as("DISABLED", Restorer::Vigil);
    let escalated = |verdict, earlier: &[&str], asked| {
        let earlier = earlier.iter().map(|key| (*key).to_owned()).collect();
        case(vec![judged(verdict, None), Act::Escalated { earlier, asked }])
    };
    let permit = Verdict::Permit { policies: vec!["approved".to_owned()] };
    let permitted = Act::Permitted { restorable_until: ca.restorable_until };
    let key = crate::evidence::keys::approval(&ca.arn);
    let unsigned = format!("{key}: the approval does not count: it is not signed");
    let problem = "policies/mine.cedar: unexpected token `permitt`";
    let all = [
        of(&restored_as("ACTIVE", Restorer::External)),
        findings(&disabled, Some(ca), Some(&left), not_put_back, now),
        findings(&disabled, Some(ca), Some(&held), None, now),
        of(&overruled()),
        of(&restored_as("EXPIRED", Restorer::Vigil)),
        of(&restored_as("PENDING_CERTIFICATE", Restorer::Vigil)),
        of(&restored_as("FAILED", Restorer::Vigil)),
        of(&case(vec![judged(permit, None), permitted])),
        of(&escalated(to_restore(), &["one", "two", "three"], false)),
        of(&escalated(ask(), &[], true)),
        of(&case(vec![judged(to_restore(), None), Act::Withheld])),
        of(&case(vec![judged(to_restore(), Some(problem))])),
        of(&case(vec![judged_without("state/restorations/x.json: GetObject was refused")])),
        of(&case(vec![judged_without(&unsigned)])),
        of(&case(vec![judged_by_contradictory_events()])),
        vec![unrecorded(&disabled, Some(ca), &fakes::denied("PutObject"), now)],
        findings(&case(vec![Act::Lost]), None, None, None, now),
        vec![refused(&case(vec![judged(to_restore(), None)]), Some(ca), now)],
        vec![unverified(&disabled, ca, AT, Some(AT - Duration::DAY), AT + Duration::days(4))],
        vanished::tests::both_kinds(AT),
    ];
    let all = all.concat();
    all.iter().for_each(assert_presentable);
    assert_all_kinds("auto-restore", rules::RULES, &all);
}
