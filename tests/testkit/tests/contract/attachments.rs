//! Tags, permissions, the resource policy and the revocation configuration, as [`Attachments`] has
//! them.

use testkit::pca::START;
use time::Duration;
use vigil_core::{
    arn::CaArn,
    ports::{Attachments, Authorities, PortError},
    snapshot::{Attached, Missing, Permission, Revocation},
};

use crate::{
    authorities::{Fake, Real, World},
    sentences,
};

sentences!(Fake, Real;
    a_new_ca_has_no_attachments
    what_is_put_back_is_attached
    each_call_of_putting_back_has_a_receipt
    what_is_put_back_twice_is_attached_once
    a_tag_that_is_put_back_leaves_the_others
    putting_nothing_back_makes_no_call
    attachments_survive_deletion_and_restoration
    attachments_of_a_deleted_ca_are_refused
    attachments_of_an_unknown_ca_are_not_found
);

/// All that can be missing. The policy has the one form that ACM PCA takes: that of AWS RAM.
fn everything(ca: &CaArn) -> Missing {
    let read = [
        "DescribeCertificateAuthority",
        "GetCertificate",
        "GetCertificateAuthorityCertificate",
        "ListPermissions",
        "ListTags",
    ];
    let read = read.map(|name| format!("acm-pca:{name}"));
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "1", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
         "Action": read, "Resource": ca.as_str()},
        {"Sid": "2", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
         "Action": ["acm-pca:IssueCertificate"], "Resource": ca.as_str(),
         "Condition": {"StringEquals": {"acm-pca:TemplateArn":
            "arn:aws:acm-pca:::template/EndEntityCertificate/V1"}}},
    ]});
    let actions = ["IssueCertificate", "GetCertificate", "ListPermissions"];
    let permission = Permission {
        principal: "acm.amazonaws.com".to_owned(),
        source_account: Some("111122223333".to_owned()),
        actions: actions.map(str::to_owned).to_vec(),
    };
    let tags = [("owner", Some("pki")), ("kept", None)];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.map(str::to_owned)));
    Missing {
        policy: Some(policy.to_string()),
        permissions: vec![permission],
        tags: tags.into(),
        revocation: Some(Revocation { ocsp_enabled: true, ..Revocation::default() }),
    }
}

/// A CA without a CRL has a CRL configuration all the same, which says that it is not enabled.
fn attached_by(missing: Missing) -> Attached {
    let mut revocation = missing.revocation.unwrap_or_default();
    revocation.crl.get_or_insert_default();
    let Missing { policy, permissions, tags, .. } = missing;
    Attached { policy, permissions, tags, revocation }
}

async fn a_new_ca_has_no_attachments(world: &impl World) {
    for ca in [world.active().await, world.pending().await] {
        let attached = world.port().attached(&ca).await.unwrap();
        assert_eq!(attached, attached_by(Missing::default()));
    }
}

async fn what_is_put_back_is_attached(world: &impl World) {
    let (ca, other) = (world.active().await, world.active().await);
    world.port().put_back(&ca, &everything(&ca)).await.unwrap();
    let attached = world.port().attached(&ca).await.unwrap();
    assert_eq!(attached, attached_by(everything(&ca)));
    assert_eq!(world.port().tags(&ca).await.unwrap(), attached.tags);
    let attached = world.port().attached(&other).await.unwrap();
    assert_eq!(attached, attached_by(Missing::default()));
}

async fn each_call_of_putting_back_has_a_receipt(world: &impl World) {
    let ca = world.disabled().await;
    world.advance(Duration::HOUR).await;
    let receipts = world.port().put_back(&ca, &everything(&ca)).await.unwrap();
    assert_eq!(receipts.len(), 4, "{receipts:?}");
    assert!(receipts.iter().all(|receipt| receipt.at == START + Duration::HOUR), "{receipts:?}");
    assert!(receipts.iter().all(|receipt| receipt.request_id.is_some()), "{receipts:?}");
}

async fn what_is_put_back_twice_is_attached_once(world: &impl World) {
    let ca = world.active().await;
    world.port().put_back(&ca, &everything(&ca)).await.unwrap();
    // The permission exists already: that call has no receipt.
    let receipts = world.port().put_back(&ca, &everything(&ca)).await.unwrap();
    assert_eq!(receipts.len(), 3, "{receipts:?}");
    let attached = world.port().attached(&ca).await.unwrap();
    assert_eq!(attached, attached_by(everything(&ca)));
}

async fn a_tag_that_is_put_back_leaves_the_others(world: &impl World) {
    let ca = world.active().await;
    world.tag(&ca, "owner", Some("pki")).await;
    let tags = [("team".to_owned(), Some("web".to_owned()))].into();
    let missing = Missing { tags, ..Missing::default() };
    let receipts = world.port().put_back(&ca, &missing).await.unwrap();
    assert_eq!(receipts.len(), 1);
    let tags = world.port().tags(&ca).await.unwrap();
    assert_eq!(tags.keys().map(String::as_str).collect::<Vec<_>>(), ["owner", "team"]);
}

async fn putting_nothing_back_makes_no_call(world: &impl World) {
    let ca = world.active().await;
    let receipts = world.port().put_back(&ca, &Missing::default()).await.unwrap();
    assert_eq!(receipts, []);
}

async fn attachments_survive_deletion_and_restoration(world: &impl World) {
    let ca = world.disabled().await;
    world.port().put_back(&ca, &everything(&ca)).await.unwrap();
    world.delete(&ca).await;
    world.port().restore(&ca).await.unwrap();
    let attached = world.port().attached(&ca).await.unwrap();
    assert_eq!(attached, attached_by(everything(&ca)));
}

async fn attachments_of_a_deleted_ca_are_refused(world: &impl World) {
    let ca = world.deleted().await;
    let error = world.port().attached(&ca).await.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
    let error = world.port().put_back(&ca, &everything(&ca)).await.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
}

async fn attachments_of_an_unknown_ca_are_not_found(world: &impl World) {
    let ca = world.deleted().await;
    world.advance(Duration::days(7)).await;
    let error = world.port().attached(&ca).await.unwrap_err();
    assert!(matches!(error, PortError::NotFound { .. }), "{error}");
    let error = world.port().put_back(&ca, &everything(&ca)).await.unwrap_err();
    assert!(matches!(error, PortError::NotFound { .. }), "{error}");
}
