//! The life of a CA through the real SDK: made, used, deleted, restored, gone.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        ActionType, CertificateAuthorityStatus as Status, CertificateAuthorityType, ResourceOwner,
        Tag,
    },
};
use testkit::pca::*;
use time::Duration;

#[tokio::test]
async fn a_hierarchy_is_made_and_its_status_told() {
    let service = service();
    let client = client(&service, "alice");
    let root = create(&client, CertificateAuthorityType::Root, "Root").await;
    assert_eq!(status(&client, &root).await, Status::PendingCertificate);

    let root = active_root(&client).await;
    let subordinate = active_subordinate(&client, &root, "Issuing").await;
    let described = client
        .describe_certificate_authority()
        .certificate_authority_arn(&subordinate)
        .send()
        .await
        .unwrap()
        .certificate_authority
        .unwrap();
    assert_eq!(described.status, Some(Status::Active));
    assert_eq!(described.owner_account.as_deref(), Some("111122223333"));
    assert_eq!(
        described.not_before.unwrap().secs(),
        (START - Duration::HOUR).unix_timestamp(),
        "an hour back"
    );
    assert!(described.serial.unwrap().bytes().all(|byte| byte.is_ascii_digit()), "decimal");
    assert_eq!(described.restorable_until, None);
}

#[tokio::test]
async fn only_a_disabled_ca_is_deleted_and_it_comes_back_disabled() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let refused = client
        .delete_certificate_authority()
        .certificate_authority_arn(&ca)
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidStateException"));
    assert_eq!(
        refused.message(),
        Some("The certificate authority is not in a valid state for deletion.")
    );
    set_status(&client, &ca, Status::Disabled).await;
    client
        .delete_certificate_authority()
        .certificate_authority_arn(&ca)
        .permanent_deletion_time_in_days(7)
        .send()
        .await
        .unwrap();

    let listed = client.list_certificate_authorities().send().await.unwrap();
    let deleted = &listed.certificate_authorities()[0];
    assert_eq!(deleted.status, Some(Status::Deleted));
    let until = (START + Duration::days(7)).unix_timestamp();
    assert_eq!(deleted.restorable_until.unwrap().secs(), until);
    let tags = client.list_tags().certificate_authority_arn(&ca).send().await.unwrap_err();
    let words = "The certificate authority is in the DELETED state and must be restored to complete \
                 this action.";
    assert_eq!(tags.message(), Some(words));

    client.restore_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(status(&client, &ca).await, Status::Disabled);
    let again = client.restore_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(again.unwrap_err().code(), Some("InvalidStateException"));
}

#[tokio::test]
async fn after_restorable_until_a_ca_is_gone_for_good() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    set_status(&client, &ca, Status::Disabled).await;
    client.delete_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();

    let until = START + Duration::days(30);
    service.timeline().advance_to(until - Duration::SECOND).await;
    assert_eq!(
        status(&client, &ca).await,
        Status::Deleted,
        "the last second of the default window"
    );
    service.timeline().advance_to(until).await;
    let gone = client.restore_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(gone.unwrap_err().code(), Some("ResourceNotFoundException"));
    assert!(
        client
            .list_certificate_authorities()
            .send()
            .await
            .unwrap()
            .certificate_authorities()
            .is_empty()
    );
    // Not even by turning the clock back.
    service.timeline().clock().set(START);
    let gone = client.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(gone.unwrap_err().code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn an_expired_ca_says_so_and_cannot_be_updated() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    service.timeline().advance_to(START + Duration::days(3653)).await;
    assert_eq!(status(&client, &ca).await, Status::Expired);
    let refused = client
        .update_certificate_authority()
        .certificate_authority_arn(&ca)
        .status(Status::Disabled)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        refused.message(),
        Some("The certificate authority must be in the ACTIVE or DISABLED state to be updated")
    );
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_when_cas_come_and_go() {
    let service = service();
    let client = client(&service, "alice");
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        made.push(create(&client, CertificateAuthorityType::Root, name).await);
    }
    let first = client.list_certificate_authorities().max_results(2).send().await.unwrap();
    let listed: Vec<_> =
        first.certificate_authorities().iter().filter_map(|ca| ca.arn.clone()).collect();
    assert_eq!(listed, made[..2]);
    made.push(create(&client, CertificateAuthorityType::Root, "d").await);
    let token = first.next_token().unwrap();
    let rest = client.list_certificate_authorities().next_token(token).send().await.unwrap();
    let listed: Vec<_> =
        rest.certificate_authorities().iter().filter_map(|ca| ca.arn.clone()).collect();
    assert_eq!(listed, made[2..]);
    assert_eq!(rest.next_token(), None);
    let bad = client.list_certificate_authorities().next_token("garbage").send().await.unwrap_err();
    assert_eq!(bad.code(), Some("InvalidNextTokenException"));
}

/// "Use the token returned from your previous call" (API reference, InvalidNextTokenException).
#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let service = service();
    let [alice, bob] = ["alice", "444455556666"].map(|key| client(&service, key));
    let mut made = Vec::new();
    for name in ["a", "b"] {
        let ca = create(&alice, CertificateAuthorityType::Root, name).await;
        for key in ["x", "y"] {
            let tag = Tag::builder().key(key).build().unwrap();
            alice
                .tag_certificate_authority()
                .certificate_authority_arn(&ca)
                .tags(tag)
                .send()
                .await
                .unwrap();
        }
        made.push(ca);
    }
    let authorities = alice.list_certificate_authorities().max_results(1).send().await.unwrap();
    let authorities = authorities.next_token().unwrap();
    let tags = alice.list_tags().certificate_authority_arn(&made[0]).max_results(1);
    let tags = tags.send().await.unwrap();
    let tags = tags.next_token().unwrap();
    let list_tags = |ca: &str, token: &str| {
        alice.list_tags().certificate_authority_arn(ca).next_token(token).send()
    };
    let list = |client: &Client, token: &str| {
        client.list_certificate_authorities().next_token(token).send()
    };
    let shared = ResourceOwner::OtherAccounts;
    let shared = alice.list_certificate_authorities().resource_owner(shared);
    let permissions = alice.list_permissions().certificate_authority_arn(&made[0]);
    let refused = [
        list(&alice, tags).await.unwrap_err().code().map(str::to_owned),
        list(&bob, authorities).await.unwrap_err().code().map(str::to_owned),
        shared.next_token(authorities).send().await.unwrap_err().code().map(str::to_owned),
        permissions.next_token(tags).send().await.unwrap_err().code().map(str::to_owned),
        list_tags(&made[1], tags).await.unwrap_err().code().map(str::to_owned),
        list_tags(&made[0], authorities).await.unwrap_err().code().map(str::to_owned),
    ];
    for code in refused {
        assert_eq!(code.as_deref(), Some("InvalidNextTokenException"));
    }
    assert_eq!(list(&alice, authorities).await.unwrap().certificate_authorities().len(), 1);
    assert_eq!(list_tags(&made[0], tags).await.unwrap().tags().len(), 1);
}

#[tokio::test]
async fn another_account_sees_nothing_and_is_refused() {
    let service = service();
    let owner = client(&service, "alice");
    let ca = active_root(&owner).await;
    let stranger = client(&service, "444455556666");
    let listed = stranger.list_certificate_authorities().send().await.unwrap();
    assert!(listed.certificate_authorities().is_empty());
    let refused = stranger
        .describe_certificate_authority()
        .certificate_authority_arn(&ca)
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn tags_are_added_replaced_listed_and_removed() {
    let service = service();
    let client = client(&service, "alice");
    let ca = create(&client, CertificateAuthorityType::Root, "Root").await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    for tags in [vec![tag("team", "pki"), tag("env", "test")], vec![tag("env", "prod")]] {
        client
            .tag_certificate_authority()
            .certificate_authority_arn(&ca)
            .set_tags(Some(tags))
            .send()
            .await
            .unwrap();
    }
    let listed = client.list_tags().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(listed.tags(), [tag("team", "pki"), tag("env", "prod")]);
    let removed = Tag::builder().key("team").build().unwrap();
    client
        .untag_certificate_authority()
        .certificate_authority_arn(&ca)
        .tags(removed)
        .send()
        .await
        .unwrap();
    let page = client.list_tags().certificate_authority_arn(&ca).max_results(1).send().await;
    assert_eq!(page.unwrap().tags(), [tag("env", "prod")]);
}

#[tokio::test]
async fn a_policy_shares_a_ca_with_the_account_that_it_names() {
    let service = service();
    let owner = client(&service, "alice");
    let friend = client(&service, "444455556666");
    let ca = active_root(&owner).await;
    let missing = owner.get_policy().resource_arn(&ca).send().await.unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
            "Principal":{{"AWS":"444455556666"}},"Resource":"{ca}","Action":[
            "acm-pca:DescribeCertificateAuthority","acm-pca:GetCertificate",
            "acm-pca:GetCertificateAuthorityCertificate","acm-pca:ListPermissions",
            "acm-pca:ListTags"]}}]}}"#
    );
    owner.put_policy().resource_arn(&ca).policy(&policy).send().await.unwrap();
    let got = owner.get_policy().resource_arn(&ca).send().await.unwrap();
    assert_eq!(got.policy(), Some(policy.as_str()), "given back unchanged");

    assert_eq!(status(&friend, &ca).await, Status::Active);
    let shared = friend
        .list_certificate_authorities()
        .resource_owner(ResourceOwner::OtherAccounts)
        .send()
        .await
        .unwrap();
    assert_eq!(shared.certificate_authorities()[0].arn.as_deref(), Some(ca.as_str()));
    let refused = friend.delete_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(refused.unwrap_err().code(), Some("AccessDeniedException"));

    for _ in 0..2 {
        owner.delete_policy().resource_arn(&ca).send().await.unwrap();
    }
    let refused =
        friend.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(refused.unwrap_err().code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn acm_gets_one_permission_for_each_account() {
    let service = service();
    let client = client(&service, "alice");
    let ca = create(&client, CertificateAuthorityType::Root, "Root").await;
    let grant = async |principal: &str| {
        client
            .create_permission()
            .certificate_authority_arn(&ca)
            .principal(principal)
            .actions(ActionType::IssueCertificate)
            .actions(ActionType::GetCertificate)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| error.code().unwrap().to_owned())
    };
    assert_eq!(grant("ec2.amazonaws.com").await, Err("ValidationException".to_owned()));
    assert_eq!(grant("acm.amazonaws.com").await, Ok(()));
    let again = grant("acm.amazonaws.com").await;
    assert_eq!(again, Err("PermissionAlreadyExistsException".to_owned()));
    let listed = client.list_permissions().certificate_authority_arn(&ca).send().await.unwrap();
    let [permission] = listed.permissions() else { panic!("one permission: {listed:?}") };
    assert_eq!(permission.source_account(), Some("111122223333"));
    assert_eq!(permission.actions(), [ActionType::IssueCertificate, ActionType::GetCertificate]);
    let revoke = || {
        client
            .delete_permission()
            .certificate_authority_arn(&ca)
            .principal("acm.amazonaws.com")
            .send()
    };
    revoke().await.unwrap();
    assert_eq!(revoke().await.unwrap_err().code(), Some("ResourceNotFoundException"));
}
