//! Bucket policies: read, evaluated, and judged by every rule about buckets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use vigil_core::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request},
    rules,
};
use vigil_fuzz::bucket;

const RESOURCES: [&str; 2] = ["arn:aws:s3:::crls", "arn:aws:s3:::crls/crl/a.crl"];
const ACTIONS: [&str; 3] = ["s3:PutObject", "s3:GetObject", "s3:GetBucketAcl"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let subject = bucket(text);
    let as_of = OffsetDateTime::UNIX_EPOCH;
    let judgements = rules::judge(rules::bucket::RULES, &subject, "bucket", as_of);
    assert_eq!(judgements.len(), rules::bucket::RULES.len());
    let Ok(policy) = BucketPolicy::of_resource(text) else { return };
    let denied =
        with_a_statement(text, r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#);
    let allowed =
        with_a_statement(text, r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#);
    let context = &Context::default().with("aws:SecureTransport", "true").without("aws:SourceArn");
    for principal in &[Principal::Anyone, Principal::Service("acm-pca.amazonaws.com".to_owned())] {
        for (resource, action) in RESOURCES.iter().flat_map(|r| ACTIONS.map(|a| (*r, a))) {
            let request = &Request { principal, action, resource, context };
            let effect = policy.evaluate(request);
            let is_denied = matches!(effect, Effect::Denied { .. });
            assert_eq!(is_denied, policy.denies(request).is_some(), "{request:?}");
            if let Some(denied) = &denied {
                assert!(matches!(denied.evaluate(request), Effect::Denied { .. }), "{request:?}");
            }
            // One statement more that allows never denies, and never makes doubt of what is denied.
            if let Some(allowed) = &allowed {
                let more = allowed.evaluate(request);
                assert_eq!(matches!(more, Effect::Denied { .. }), is_denied, "{request:?}");
                assert_ne!(more, Effect::Silent, "{request:?}");
            }
        }
    }
});

/// The policy with one statement more, if that is where it has a list.
fn with_a_statement(text: &str, statement: &str) -> Option<BucketPolicy> {
    let mut document: serde_json::Value = serde_json::from_str(text).ok()?;
    let more = serde_json::from_str(statement).expect("it is written above");
    document.get_mut("Statement")?.as_array_mut()?.push(more);
    Some(
        BucketPolicy::of_resource(&document.to_string())
            .expect("it was read without the statement"),
    )
}
