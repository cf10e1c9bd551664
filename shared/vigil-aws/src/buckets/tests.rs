use super::*;
use crate::wire::{Answer, Wire, client, dated};

fn ok(body: &str) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: body.to_owned() }
}

/// As S3 Control refuses, and S3 does not.
fn wrapped(status: u16, code: &str) -> Answer {
    let answer = refused(status, code);
    Answer { body: format!("<ErrorResponse>{}</ErrorResponse>", answer.body), ..answer }
}

fn acl(grants: &[(&str, &str)]) -> String {
    let grants: String = grants
        .iter()
        .map(|(grantee, permission)| {
            format!(
                "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xsi:type=\"{grantee}</Grantee><Permission>{permission}</Permission></Grant>"
            )
        })
        .collect();
    format!(
        "<AccessControlPolicy><Owner><ID>us</ID></Owner><AccessControlList>{grants}\
         </AccessControlList></AccessControlPolicy>"
    )
}

/// Of the account; what it asked; and what came of it.
async fn account_block(answer: Answer) -> (String, Fact<PublicAccessBlock>) {
    let (wire, none) = (Wire::new([answer]), Wire::default());
    let keys = KmsKeys::new(client!(aws_sdk_kms, none));
    let control = client!(aws_sdk_s3control, wire);
    let buckets = S3Buckets::new(client!(aws_sdk_s3, none), control, keys);
    let block = buckets.account_block("111122223333").await;
    (wire.asked().remove(0).uri, block)
}

fn refused(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
    Answer { status, headers: Vec::new(), body }
}

/// The answers come in the order of the calls: those after the location are begun in turn.
async fn facts(answers: impl IntoIterator<Item = Answer>) -> BucketFacts {
    let wire = Wire::new(answers);
    facts_with_key(wire, Wire::default()).await
}

async fn facts_with_key(wire: Wire, kms: Wire) -> BucketFacts {
    let keys = KmsKeys::new(client!(aws_sdk_kms, kms));
    let control = client!(aws_sdk_s3control, Wire::default());
    S3Buckets::new(client!(aws_sdk_s3, wire), control, keys).facts("crls").await
}

#[tokio::test]
async fn every_setting_is_read() {
    let wire = Wire::new([
        ok("<LocationConstraint>eu-central-1</LocationConstraint>"),
        ok(r#"{"Version": "2012-10-17", "Statement": []}"#),
        ok("<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
            <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"),
        ok("<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>\
            </Rule></OwnershipControls>"),
        ok("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
            <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>my-key</KMSMasterKeyID>\
            </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>\
            </Rule></ServerSideEncryptionConfiguration>"),
        ok("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
        ok("<ListAllMyBucketsResult><Buckets><Bucket><Name>crls</Name></Bucket></Buckets>\
            </ListAllMyBucketsResult>"),
        ok("<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"),
        ok("<LifecycleConfiguration><Rule><ID>tidy</ID><Status>Enabled</Status><Filter><And>\
            <Prefix>crl/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>\
            <Expiration><Days>30</Days></Expiration><Transition><Days>1</Days><StorageClass>\
            GLACIER</StorageClass></Transition></Rule><Rule><ID>off</ID><Status>Disabled</Status>\
            <Filter><Prefix/></Filter><Expiration><Days>1</Days></Expiration></Rule><Rule>\
            <ID>old</ID><Status>Enabled</Status><Filter><Prefix/></Filter>\
            <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
            </NoncurrentVersionExpiration></Rule></LifecycleConfiguration>"),
        ok("<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket>\
            <TargetPrefix>crls/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"),
        ok("<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
            </ObjectLockConfiguration>"),
        ok(&acl(&[
            (r#"CanonicalUser"><ID>us</ID>"#, "FULL_CONTROL"),
            (r#"Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>"#, "WRITE"),
            (r#"Group"><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI>"#, "READ_ACP"),
            (r#"CanonicalUser"><ID>them</ID>"#, "READ"),
        ])),
    ]);
    let kms = Wire::new([
        dated(r#"{"KeyMetadata": {"KeyId": "1", "Arn": "arn:1", "KeyState": "Enabled"}}"#),
        dated(r#"{"Policy": "{}"}"#),
    ]);
    let facts = facts_with_key(wire, kms).await;
    assert_eq!(facts.region, Fact::Known(Some("eu-central-1".to_owned())));
    assert!(matches!(&facts.policy, Fact::Known(Some(text)) if text.contains("Statement")));
    let block = facts.public_access_block.known().unwrap();
    assert!(block.block_public_acls && block.restrict_public_buckets);
    assert!(!block.ignore_public_acls && !block.block_public_policy);
    assert_eq!(facts.ownership, Fact::Known(Some("BucketOwnerEnforced".to_owned())));
    let key = Some("my-key".to_owned());
    assert_eq!(facts.encryption, Fact::Known(Encryption::Kms { key, bucket_key: true }));
    assert!(matches!(&facts.key, Fact::Known(Some(key)) if key.arn == "arn:1"));
    assert_eq!(facts.versioning, Fact::Known(true));
    assert_eq!((facts.owned, facts.event_notifications), (Fact::Known(true), Fact::Known(true)));
    let tidy = LifecycleRule {
        id: "tidy".to_owned(),
        prefix: "crl/".to_owned(),
        narrowed: true,
        expires: true,
        moves_to: vec!["GLACIER".to_owned()],
    };
    assert_eq!(facts.lifecycle, Fact::Known(vec![tidy]));
    assert_eq!(facts.access_logs, Fact::Known(Some("logs".to_owned())));
    assert_eq!(facts.object_lock, Fact::Known(true));
    let grant = |to, permission: &str| AclGrant { to, permission: permission.to_owned() };
    let grants = vec![
        grant(AclGrantee::AllUsers, "WRITE"),
        grant(AclGrantee::LogDelivery, "READ_ACP"),
        grant(AclGrantee::Other("them".to_owned()), "READ"),
    ];
    assert_eq!(facts.acl, Fact::Known(grants));
    assert_eq!(facts.owner_id, Fact::Known(Some("us".to_owned())));
}

#[tokio::test]
async fn what_was_never_set_is_known_to_be_so() {
    let facts = facts([
        ok("<LocationConstraint/>"),
        refused(404, "NoSuchBucketPolicy"),
        refused(404, "NoSuchPublicAccessBlockConfiguration"),
        refused(404, "OwnershipControlsNotFoundError"),
        refused(404, "ServerSideEncryptionConfigurationNotFoundError"),
        ok("<VersioningConfiguration/>"),
        ok("<ListAllMyBucketsResult><Buckets><Bucket><Name>crls-2</Name></Bucket></Buckets>\
            </ListAllMyBucketsResult>"),
        ok("<NotificationConfiguration/>"),
        refused(404, "NoSuchLifecycleConfiguration"),
        ok("<BucketLoggingStatus/>"),
        refused(404, "ObjectLockConfigurationNotFoundError"),
        ok(&acl(&[])),
    ])
    .await;
    assert_eq!(facts.acl, Fact::Known(Vec::new()));
    assert_eq!((facts.owned, facts.event_notifications), (Fact::Known(false), Fact::Known(false)));
    assert_eq!(facts.lifecycle, Fact::Known(Vec::new()));
    assert_eq!(facts.access_logs, Fact::Known(None));
    assert_eq!(facts.object_lock, Fact::Known(false));
    assert_eq!(facts.region, Fact::Known(Some("us-east-1".to_owned())));
    assert_eq!(facts.policy, Fact::Known(None));
    assert_eq!(facts.public_access_block, Fact::Known(PublicAccessBlock::default()));
    assert_eq!(facts.ownership, Fact::Known(None));
    assert_eq!(facts.encryption, Fact::Known(Encryption::None));
    assert_eq!(facts.versioning, Fact::Known(false));
}

#[tokio::test]
async fn a_refusal_is_named_and_the_other_facts_are_had() {
    let facts = facts([
        ok("<LocationConstraint>us-west-2</LocationConstraint>"),
        refused(403, "AccessDenied"),
        ok("<PublicAccessBlockConfiguration/>"),
        refused(404, "OwnershipControlsNotFoundError"),
        refused(403, "AccessDenied"),
        ok("<VersioningConfiguration/>"),
        refused(403, "AccessDenied"),
        ok("<NotificationConfiguration/>"),
        refused(404, "NoSuchLifecycleConfiguration"),
        ok("<BucketLoggingStatus/>"),
        refused(404, "ObjectLockConfigurationNotFoundError"),
        refused(403, "AccessDenied"),
    ])
    .await;
    let unknown = facts.unknown();
    assert_eq!(
        unknown.iter().map(|(what, _)| *what).collect::<Vec<_>>(),
        ["policy", "encryption", "owner", "ACL"]
    );
    assert!(unknown[0].1.starts_with("GetBucketPolicy was refused for crls: AccessDenied"));
    let why = facts.owner_id.known().unwrap_err();
    assert!(why.starts_with("GetBucketAcl was refused for crls: AccessDenied"), "{why}");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_asked_for_nothing_more() {
    let facts = facts([refused(404, "NoSuchBucket")]).await;
    assert!(!facts.exists() && facts.unknown().is_empty());
}

#[tokio::test]
async fn an_account_block_that_may_not_be_read_is_unknown() {
    let on = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
              </PublicAccessBlockConfiguration>";
    let (uri, block) = account_block(ok(on)).await;
    let host = "https://111122223333.s3-control.us-east-1.amazonaws.com/";
    assert!(uri.starts_with(host) && uri.contains("/configuration/publicAccessBlock"), "{uri}");
    let only = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::default() };
    assert_eq!(block, Fact::Known(only));

    let (_, never) = account_block(wrapped(404, "NoSuchPublicAccessBlockConfiguration")).await;
    assert_eq!(never, Fact::Known(PublicAccessBlock::default()));
    let (_, denied) = account_block(wrapped(403, "AccessDenied")).await;
    let why = "GetPublicAccessBlock was refused for 111122223333: AccessDenied";
    assert!(matches!(&denied, Fact::Unknown(reason) if reason.starts_with(why)), "{denied:?}");
}
