//! Every fact in the context of a request.

use super::*;

#[test]
fn policies_can_ask_for_every_fact_and_for_its_being_unknown() {
    let shared = snapshot(Attached {
        policy: Some(
            r#"{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"},
                "Action": "acm-pca:GetCertificate", "Resource": "*"}]}"#
                .to_owned(),
        ),
        ..Attached::default()
    });
    let unshared = snapshot(Attached::default());
    let (none, some) = (certificates(0), certificates(7));
    let below = |living| Subordinates {
        living,
        active: 0,
        last_not_after: None,
        names: Vec::new(),
        as_of: AT,
    };
    let (childless, parent) = (below(0), below(2));
    let (deletion, ca) = (deletion(), ca());
    let bare = Facts::new(&deletion, &ca);
    let approval = approval(AT + Duration::SECOND);
    for (name, condition, yes, no) in [
        (
            "certificates",
            "context has certificates && context.certificates.valid == 0",
            Facts { certificates: Some(&none), ..bare },
            Facts { certificates: Some(&some), ..bare },
        ),
        (
            "the last expiry",
            "context has certificates && context.certificates has lastNotAfter && \
             context.certificates.lastNotAfter > context.time",
            Facts { certificates: Some(&some), ..bare },
            bare,
        ),
        (
            "subordinates",
            "context has subordinates && context.subordinates.living == 0",
            Facts { subordinates: Some(&childless), ..bare },
            Facts { subordinates: Some(&parent), ..bare },
        ),
        (
            "resource policy",
            "context has resourcePolicy && !context.resourcePolicy.exists",
            Facts { snapshot: Some(&unshared), ..bare },
            Facts { snapshot: Some(&shared), ..bare },
        ),
        (
            "whom the CA is shared with",
            r#"context has resourcePolicy && context.resourcePolicy.sharedWith.contains("444455556666")"#,
            Facts { snapshot: Some(&shared), ..bare },
            Facts { snapshot: Some(&unshared), ..bare },
        ),
        (
            "earlier restorations",
            "context has earlierRestores && context.earlierRestores < 2",
            Facts { earlier_restores: Some(1), ..bare },
            Facts { earlier_restores: Some(2), ..bare },
        ),
        (
            "an approval by tags",
            "context has tagApproval && context.time < context.tagApproval.expires",
            Facts { tag_approval: Some(&approval), ..bare },
            Facts { approval: Some(&approval), ..bare },
        ),
    ] {
        let policies =
            load(&format!("permit(principal, action, resource) when {{ {condition} }};")).unwrap();
        assert_eq!(judge(&policies, &yes), permit("p.cedar#policy0"), "{name}");
        assert_eq!(judge(&policies, &no), restore(), "{name}");
        assert_eq!(judge(&policies, &bare), restore(), "{name}, unknown");
    }
    let unknown = r#"permit(principal, action, resource) unless { context has certificates };"#;
    assert_eq!(judge(&load(unknown).unwrap(), &bare), permit("p.cedar#policy0"));
}
