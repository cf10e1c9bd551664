use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::{Ca, CaStatus, CaType},
    cloudtrail::{Deletion, Principal},
};

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
    Ca {
        arn: ARN.parse().unwrap(),
        ca_type: CaType::Subordinate,
        status: CaStatus::Deleted,
        common_name: Some("Issuing CA".to_owned()),
        key_algorithm: Some("EC_prime256v1".to_owned()),
        signing_algorithm: Some("SHA256WITHECDSA".to_owned()),
        usage_mode: None,
        serial: Some("01".to_owned()),
        not_before: Some(AT - Duration::days(30)),
        not_after: Some(AT + Duration::days(300)),
        created_at: Some(AT - Duration::days(31)),
        last_state_change_at: Some(AT),
        restorable_until: Some(AT + Duration::days(7)),
        crl: None,
        ocsp_enabled: false,
    }
}

fn approval(expires: OffsetDateTime) -> Approval {
    Approval {
        ca: ARN.parse().unwrap(),
        approved_by: "bob".to_owned(),
        reason: "retired".to_owned(),
        expires,
    }
}

fn check(policies: &Policies, ca: &Ca, approval: Option<&Approval>) -> Verdict {
    judge(policies, &Facts { deletion: &deletion(), ca, approval, tags: None })
}

fn load(text: &str) -> Result<Policies, PolicyError> {
    Policies::parse(&[("p.cedar".to_owned(), text.as_bytes().to_vec())])
}

fn stand(policy: &str) -> Verdict {
    Verdict::Stand { policies: vec![policy.to_owned()] }
}

fn restore() -> Verdict {
    Verdict::Restore { policies: Vec::new(), errors: Vec::new() }
}

#[test]
fn nothing_permits_by_default() {
    assert_eq!(check(&Policies::built_in(), &ca(), None), restore());
}

#[test]
fn a_ca_that_never_had_a_certificate_may_go() {
    let never = Ca { serial: None, not_before: None, not_after: None, ..ca() };
    assert_eq!(check(&Policies::built_in(), &never, None), stand("never-in-use"));
}

#[test]
fn an_approval_holds_up_to_its_expiry_and_not_at_it() {
    let built_in = Policies::built_in();
    let second = Duration::SECOND;
    for (name, expires, want) in [
        ("already_expired", AT - second, restore()),
        ("expires_at_the_deletion", AT, restore()),
        ("expires_a_second_later", AT + second, stand("approved")),
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
        assert_eq!(check(&policies, &ca(), None), stand("p.cedar#policy0"), "{group}");
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
        stand @ Verdict::Stand { .. } => panic!("{stand:?}"),
    }
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
    let facts = Facts { deletion: &deletion, ca: &ca, approval: None, tags: Some(&tags) };
    assert_eq!(judge(&policies, &facts), stand("p.cedar#policy0"));
    assert_eq!(judge(&policies, &Facts { tags: None, ..facts }), restore());
}

#[test]
fn a_caller_without_arn_or_account_is_judged_like_any_other() {
    let unknown = Deletion {
        by: Principal { kind: "Unknown".to_owned(), ..Principal::default() },
        source_ip: None,
        ..deletion()
    };
    let facts = Facts { deletion: &unknown, ca: &ca(), approval: None, tags: None };
    assert_eq!(judge(&Policies::built_in(), &facts), restore());
}

/// Who is unknown must not pass for somebody of the account.
#[test]
fn a_deletion_without_its_event_has_an_unknown_caller_in_no_account() {
    let lost = Deletion::without_event(&ca(), AT + Duration::HOUR);
    let ca = ca();
    let facts = Facts { deletion: &lost, ca: &ca, approval: None, tags: None };
    assert_eq!(judge(&Policies::built_in(), &facts), restore());
    for (policy, want) in [
        (r#"permit(principal in Vigil::Account::"111122223333", action, resource);"#, restore()),
        (
            r#"permit(principal, action, resource) unless { context.eventKnown };"#,
            stand("p.cedar#policy0"),
        ),
        (
            r#"permit(principal == Vigil::Principal::"Unknown", action, resource);"#,
            stand("p.cedar#policy0"),
        ),
    ] {
        assert_eq!(judge(&load(policy).unwrap(), &facts), want, "{policy}");
    }
    let approval = approval(AT + Duration::SECOND);
    let approved = Facts { approval: Some(&approval), ..facts };
    assert_eq!(judge(&Policies::built_in(), &approved), stand("approved"));
}

fn reactivate(policies: &Policies, ca_type: CaType) -> Permission {
    let ca = Ca { status: CaStatus::Disabled, restorable_until: None, ca_type, ..ca() };
    let deletion = deletion();
    let facts = Facts { deletion: &deletion, ca: &ca, approval: None, tags: None };
    may_reactivate(policies, &facts, AT - Duration::HOUR)
}

#[test]
fn a_subordinate_goes_back_into_service_and_a_root_only_by_a_policy_that_names_the_action() {
    let granted = |name: &str| Permission::Granted { policies: vec![name.to_owned()] };
    let denied = || Permission::Denied { policies: Vec::new(), errors: Vec::new() };
    let (root, subordinate) = (CaType::Root, CaType::Subordinate);
    let built_in = Policies::built_in();
    assert_eq!(reactivate(&built_in, subordinate.clone()), granted("back-into-service"));
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
