use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::{Ca, CaStatus, CaType},
    cloudtrail::{Deletion, Principal},
    fakes,
    impact::Certificates,
    inventory::Subordinates,
    snapshot::{Attached, Snapshot},
};

mod facts;

const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";
const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

fn deletion() -> Deletion {
    Deletion {
        ca: ARN.parse().unwrap(),
        at: AT,
        window_days: Some(7),
        by: Principal {
            kind: "AssumedRole".to_owned(),
            arn: Some("arn:aws:sts::111122223333:assumed-role/Admin/alice".to_owned()),
            account: Some("111122223333".to_owned()),
            session_issuer: Some("arn:aws:iam::111122223333:role/Admin".to_owned()),
            ..Principal::default()
        },
        source_ip: Some("192.0.2.44".to_owned()),
        user_agent: None,
        event_id: Some("e".to_owned()),
        region: "us-east-1".to_owned(),
        account: "111122223333".to_owned(),
    }
}

fn ca() -> Ca {
    Ca { arn: ARN.parse().unwrap(), ..fakes::deleted_ca(AT) }
}

fn approval(expires: OffsetDateTime) -> Approval {
    Approval {
        ca: ARN.parse().unwrap(),
        approved_by: "bob".to_owned(),
        reason: "retired".to_owned(),
        approved_at: AT,
        restorable_until: None,
        expires,
        signers: Vec::new(),
        approvers: Vec::new(),
    }
}

fn check(policies: &Policies, ca: &Ca, approval: Option<&Approval>) -> Verdict {
    judge(policies, &Facts { approval, ..Facts::new(&deletion(), ca) })
}

fn load(text: &str) -> Result<Policies, PolicyError> {
    Policies::parse(&[("p.cedar".to_owned(), text.as_bytes().to_vec())])
}

fn permit(policy: &str) -> Verdict {
    Verdict::Permit { policies: vec![policy.to_owned()] }
}

fn restore() -> Verdict {
    Verdict::Restore { policies: Vec::new(), errors: Vec::new() }
}

fn snapshot(attached: Attached) -> Snapshot {
    Snapshot { ca: ARN.parse().unwrap(), as_of: AT - Duration::HOUR, attached, changed_at: None }
}

fn certificates(valid: u64) -> Certificates {
    Certificates { valid, last_not_after: Some(AT + Duration::DAY), as_of: AT - Duration::HOUR }
}

/// Each fact, asked for where it is known, where it is otherwise, and where it is unknown.
#[test]
fn nothing_permits_by_default() {
    assert_eq!(check(&Policies::built_in(), &ca(), None), restore());
}

#[test]
fn a_ca_that_never_had_a_certificate_may_go() {
    let never = Ca { serial: None, not_before: None, not_after: None, ..ca() };
    assert_eq!(check(&Policies::built_in(), &never, None), permit("never-in-use"));
}

#[test]
fn an_approval_holds_up_to_its_expiry_and_not_at_it() {
    let built_in = Policies::built_in();
    let second = Duration::SECOND;
    for (name, expires, want) in [
        ("already_expired", AT - second, restore()),
        ("expires_at_the_deletion", AT, restore()),
        ("expires_a_second_later", AT + second, permit("approved")),
    ] {
        assert_eq!(check(&built_in, &ca(), Some(&approval(expires))), want, "{name}");
    }
}

#[test]
fn a_session_is_in_its_role_and_in_its_account() {
    for group in [
        r#"Vigil::Principal::"arn:aws:iam::111122223333:role/Admin""#,
        r#"Vigil::Account::"111122223333""#,
    ] {
        let policies = load(&format!("permit(principal in {group}, action, resource);")).unwrap();
        assert_eq!(check(&policies, &ca(), None), permit("p.cedar#policy0"), "{group}");
    }
    let other = r#"permit(principal in Vigil::Account::"444455556666", action, resource);"#;
    assert_eq!(check(&load(other).unwrap(), &ca(), None), restore());
}

#[test]
fn a_forbid_is_named_and_wins() {
    let policies = load(
        r#"@id("all") permit(principal, action, resource);
           @id("short-window") forbid(principal, action, resource) when { context.windowDays < 30 };"#,
    );
    let want = Verdict::Restore { policies: vec!["short-window".to_owned()], errors: Vec::new() };
    assert_eq!(check(&policies.unwrap(), &ca(), None), want);
}

/// Cedar skips a policy that fails, be it the one that forbids.
#[test]
fn a_policy_that_fails_permits_nothing() {
    let policies = load(
        r#"@id("all") permit(principal, action, resource);
           @id("overflow") forbid(principal, action, resource)
           when { context.windowDays + 9223372036854775807 > 0 };"#,
    );
    match check(&policies.unwrap(), &ca(), None) {
        Verdict::Restore { policies, errors } => {
            assert!(policies.is_empty());
            assert!(errors[0].contains("overflow"), "{errors:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Every principal that may tag a CA can write the tags.
#[test]
fn an_approval_by_tags_alone_permits_nothing() {
    let (deletion, ca, approval) = (deletion(), ca(), approval(AT + Duration::DAY));
    let facts = Facts::new(&deletion, &ca);
    let by_tags = Facts { tag_approval: Some(&approval), ..facts };
    assert_eq!(judge(&Policies::built_in(), &by_tags), restore());
    let by_object = Facts { approval: Some(&approval), ..facts };
    assert_eq!(judge(&Policies::built_in(), &by_object), permit("approved"));
}

#[test]
fn policies_see_tags_where_they_are_known() {
    let policies = load(
        r#"permit(principal, action, resource)
           when { context.tagsKnown && resource.hasTag("env") && resource.getTag("env") == "test" };"#,
    )
    .unwrap();
    let tags =
        BTreeMap::from([("env".to_owned(), Some("test".to_owned())), ("x".to_owned(), None)]);
    let (deletion, ca) = (deletion(), ca());
    let snapshot = snapshot(Attached { tags, ..Attached::default() });
    let facts = Facts { snapshot: Some(&snapshot), ..Facts::new(&deletion, &ca) };
    assert_eq!(judge(&policies, &facts), permit("p.cedar#policy0"));
    assert_eq!(judge(&policies, &Facts { snapshot: None, ..facts }), restore());
}

#[test]
fn a_caller_without_arn_or_account_is_judged_like_any_other() {
    let unknown = Deletion {
        by: Principal { kind: "Unknown".to_owned(), ..Principal::default() },
        source_ip: None,
        ..deletion()
    };
    let unknown_ca = ca();
    let facts = Facts::new(&unknown, &unknown_ca);
    assert_eq!(judge(&Policies::built_in(), &facts), restore());
}

/// An unknown principal must not pass for one of the account.
#[test]
fn a_deletion_without_its_event_has_an_unknown_caller() {
    let lost = Deletion::without_event(&ca(), AT + Duration::HOUR);
    let ca = ca();
    let facts = Facts::new(&lost, &ca);
    assert_eq!(judge(&Policies::built_in(), &facts), restore());
    for (policy, want) in [
        (r#"permit(principal in Vigil::Account::"111122223333", action, resource);"#, restore()),
        (
            r#"permit(principal, action, resource) unless { context.eventKnown };"#,
            permit("p.cedar#policy0"),
        ),
        (
            r#"permit(principal == Vigil::Principal::"Unknown", action, resource);"#,
            permit("p.cedar#policy0"),
        ),
    ] {
        assert_eq!(judge(&load(policy).unwrap(), &facts), want, "{policy}");
    }
    let approval = approval(AT + Duration::SECOND);
    let approved = Facts { approval: Some(&approval), ..facts };
    assert_eq!(judge(&Policies::built_in(), &approved), permit("approved"));
}

fn reactivate(policies: &Policies, ca_type: CaType) -> PolicyAnswer {
    let ca = Ca { status: CaStatus::Disabled, restorable_until: None, ca_type, ..ca() };
    let deletion = deletion();
    let facts = Facts::new(&deletion, &ca);
    may_reactivate(policies, &facts, AT - Duration::HOUR)
}

#[test]
fn a_root_is_reactivated_only_by_a_policy_naming_the_action() {
    let granted = |name: &str| PolicyAnswer::Granted { policies: vec![name.to_owned()] };
    let denied = || PolicyAnswer::Denied { policies: Vec::new(), errors: Vec::new() };
    let (root, subordinate) = (CaType::Root, CaType::Subordinate);
    let built_in = Policies::built_in();
    assert_eq!(reactivate(&built_in, subordinate.clone()), granted("reactivate-subordinates"));
    assert_eq!(reactivate(&built_in, root.clone()), denied());
    let odd = CaType::Unknown("CROSS".to_owned());
    assert_eq!(reactivate(&built_in, odd), denied(), "an unknown type is no subordinate");

    let all = load("@id(\"all\") permit(principal, action, resource);").unwrap();
    assert_eq!(reactivate(&all, subordinate.clone()), granted("all"));
    assert_eq!(reactivate(&all, root.clone()), denied(), "it does not name the action");

    let explicit = r#"@id("roots") permit(principal,
        action == Vigil::Action::"ReactivateCertificateAuthority", resource)
        when { context.disabledAt > datetime("2026-11-20T08:00:00Z") };"#;
    assert_eq!(reactivate(&load(explicit).unwrap(), root), granted("roots"));
    let deletions =
        r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    assert_eq!(reactivate(&load(deletions).unwrap(), subordinate), denied());
}

#[test]
fn a_set_that_is_not_whole_is_not_used() {
    let kind = |text: &str| match load(text).unwrap_err() {
        PolicyError::Duplicate(..) => "duplicate",
        PolicyError::Empty(_) => "empty",
        PolicyError::Invalid { .. } => "invalid",
        PolicyError::NotText { .. } => "not text",
        PolicyError::Syntax { .. } => "syntax",
        PolicyError::Template(_) => "template",
        other => panic!("{other}"),
    };
    for (text, want) in [
        ("permit(", "syntax"),
        ("// nothing", "empty"),
        ("permit(principal, action, resource) when { context.sourceIP == \"x\" };", "invalid"),
        ("permit(principal, action, resource) when { principal.arn == \"x\" };", "invalid"),
        ("permit(principal == ?principal, action, resource);", "template"),
        (
            r#"@id("x") permit(principal, action, resource); @id("x") forbid(principal, action, resource);"#,
            "duplicate",
        ),
    ] {
        assert_eq!(kind(text), want, "{text}");
    }
    let not_text = Policies::parse(&[("p.cedar".to_owned(), vec![0xff])]).unwrap_err();
    assert_eq!(not_text, PolicyError::NotText { file: "p.cedar".to_owned() });
}

#[test]
fn a_policy_escalates_only_by_name_and_without_errors() {
    let ask = r#"@id("ask") permit(principal, action == Vigil::Action::"AwaitDecision", resource)
        when { context.windowDays >= 7 };"#;
    let asked = Verdict::Ask { policies: vec!["ask".to_owned()] };
    assert_eq!(check(&load(ask).unwrap(), &ca(), None), asked);
    let permitted = format!(r#"{ask} @id("all") permit(principal, action, resource);"#);
    assert_eq!(check(&load(&permitted).unwrap(), &ca(), None), permit("all"));
    let forbidden = r#"@id("all") permit(principal, action, resource);
        @id("no") forbid(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    let want = Verdict::Restore { policies: vec!["no".to_owned()], errors: Vec::new() };
    assert_eq!(check(&load(forbidden).unwrap(), &ca(), None), want, "nobody named the action");
    let broken = format!(
        r#"{ask} forbid(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
           when {{ context.windowDays + 9223372036854775807 > 0 }};
           permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#
    );
    let verdict = check(&load(&broken).unwrap(), &ca(), None);
    assert!(matches!(verdict, Verdict::Restore { .. }), "{verdict:?}");
}

#[test]
fn the_dead_mans_switch_restores_unacknowledged_cas_in_use() {
    let (built_in, deletion, ca) = (Policies::built_in(), deletion(), ca());
    let bare = Facts { as_of: AT + Duration::days(6), ..Facts::new(&deletion, &ca) };
    let is_restored = |facts: &Facts<'_>, acknowledged| {
        let answer = must_restore_at_deadline(&built_in, facts, acknowledged);
        matches!(answer, PolicyAnswer::Granted { .. })
    };
    let (none, some) = (certificates(0), certificates(7));
    let some = Certificates { last_not_after: Some(AT + Duration::days(60)), ..some };
    let (early, late) = (approval(AT), approval(AT + Duration::SECOND));
    let never = Ca { serial: None, not_before: None, not_after: None, ..ca.clone() };
    for (name, facts, acknowledged, want) in [
        ("valid certificates", Facts { certificates: Some(&some), ..bare }, false, true),
        ("nobody knows", bare, false, true),
        ("none valid", Facts { certificates: Some(&none), ..bare }, false, false),
        ("acknowledged", Facts { certificates: Some(&some), ..bare }, true, false),
        ("approved", Facts { approval: Some(&late), ..bare }, false, false),
        ("the approval had run out", Facts { approval: Some(&early), ..bare }, false, true),
        ("never in use", Facts { ca: &never, ..bare }, false, false),
    ] {
        assert_eq!(is_restored(&facts, acknowledged), want, "{name}");
    }
    let all = load("permit(principal, action, resource);").unwrap();
    let answer = must_restore_at_deadline(&all, &bare, false);
    assert!(matches!(answer, PolicyAnswer::Denied { .. }), "it does not name the action");
}

#[test]
fn every_example_loads_together_with_the_built_in_policies() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/policies");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(format!("{folder}/examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let body = std::fs::read(&path).unwrap();
        Policies::parse(&[(name.clone(), body.clone())]).unwrap_or_else(|error| panic!("{error}"));
        files.push((name, body));
    }
    assert!(files.len() >= 4, "{files:?}");
    let default = std::fs::read(format!("{folder}/default.cedar")).unwrap();
    files.push(("default.cedar".to_owned(), default));
    Policies::parse(&files).unwrap();
}
