//! Policies of the usual forms, held against calls.

use serde_json::json;

use super::*;

const ALL_CAS: &str = "arn:aws:acm-pca:*:*:certificate-authority/*";
const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/ca";
const LEAF: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";
const SUB: &str = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1";

fn iam(policies: &Value) -> Iam {
    let principal = "arn:aws:sts::111122223333:assumed-role/Admin/alice";
    let file = json!({"AKIA": {"principal": principal, "policies": policies}});
    Iam::from_json(&file.to_string()).unwrap().0
}

fn caller(access_key_id: &str, iam: &Iam) -> Caller {
    let mut headers = http::HeaderMap::new();
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={access_key_id}/20260105/us-east-1/acm-pca/aws4_request"
    );
    headers.insert("authorization", scope.parse().unwrap());
    let mut caller = Caller::from_headers(&headers, "999999999999", "us-east-1");
    iam.identify(&mut caller);
    caller
}

fn ask(policies: &Value, operation: &str, request: &Value) -> Result<(), String> {
    let iam = iam(policies);
    let resource_tags = vec![("env".to_owned(), "prod".to_owned())];
    let asked = Asked { operation, request, resource_tags };
    iam.authorize(&caller("AKIA", &iam), &asked).map_err(|error| error.message)
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn when(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[test]
fn a_call_is_refused_in_awss_words() {
    let request = json!({"CertificateAuthorityArn": CA});
    let refusal = |because: &str| {
        Err(format!(
            "User: arn:aws:sts::111122223333:assumed-role/Admin/alice is not authorized to perform: \
             acm-pca:DeleteCertificateAuthority on resource: {CA} {because}"
        ))
    };
    let operation = "DeleteCertificateAuthority";
    let silent =
        "because no identity-based policy allows the acm-pca:DeleteCertificateAuthority action";
    assert_eq!(ask(&json!([]), operation, &request), refusal(silent));
    let mut deny = allow("acm-pca:Delete*", CA);
    deny["Effect"] = json!("Deny");
    let both = json!([policy(&[allow("*", "*")]), policy(&[deny])]);
    let denied = "with an explicit deny in an identity-based policy";
    assert_eq!(ask(&both, operation, &request), refusal(denied));
    assert_eq!(ask(&json!([policy(&[allow("acm-pca:*", "*")])]), operation, &request), Ok(()));
}

#[test]
fn actions_and_resources_may_be_wildcards_or_exceptions() {
    let of_ca = json!({"CertificateAuthorityArn": CA});
    let of_policy = json!({"ResourceArn": CA});
    let none = json!({});
    let describe = "DescribeCertificateAuthority";
    for (statement, operation, request, want) in [
        (allow("acm-pca:Describe*", "*"), describe, &of_ca, true),
        (allow("ACM-PCA:describecertificateauthority", "*"), describe, &of_ca, true),
        (allow("acm-pca:Get?olicy", "*"), "GetPolicy", &of_policy, true),
        (allow("acm-pca:Get*", "*"), describe, &of_ca, false),
        (allow("acm-pca:*", "arn:aws:acm-pca:*:*:certificate-authority/*"), describe, &of_ca, true),
        (allow("acm-pca:*", CA), "GetPolicy", &of_policy, true),
        (allow("acm-pca:*", "arn:aws:acm-pca:eu-*:*:*"), describe, &of_ca, false),
        // Calls about no CA are allowed for everything or not at all.
        (allow("acm-pca:*", "*"), "ListCertificateAuthorities", &none, true),
        (allow("acm-pca:*", CA), "ListCertificateAuthorities", &none, false),
        // aws/eks-hybrid#686.
        (allow("acm-pca:Create*", ALL_CAS), "CreateCertificateAuthority", &none, true),
        (allow("acm-pca:Create*", CA), "CreateCertificateAuthority", &none, false),
        (allow("acm-pca:List*", ALL_CAS), "ListCertificateAuthorities", &none, false),
        (
            json!({"Effect": "Allow", "NotAction": "acm-pca:Delete*", "Resource": "*"}),
            describe,
            &of_ca,
            true,
        ),
        (
            json!({"Effect": "Allow", "NotAction": "acm-pca:Describe*", "Resource": "*"}),
            describe,
            &of_ca,
            false,
        ),
        (
            json!({"Effect": "Allow", "Action": "acm-pca:*", "NotResource": CA}),
            describe,
            &of_ca,
            false,
        ),
        (
            json!({"Effect": "Allow", "Action": ["s3:*", "acm-pca:*"],
                   "NotResource": "arn:aws:acm-pca:*:*:certificate-authority/other"}),
            describe,
            &of_ca,
            true,
        ),
    ] {
        let got = ask(&json!([policy(std::slice::from_ref(&statement))]), operation, request);
        assert_eq!(got.is_ok(), want, "{operation}: {statement}");
    }
}

#[test]
fn conditions_see_the_template_the_tags_and_the_caller() {
    let issue =
        |template: Option<&str>| json!({"CertificateAuthorityArn": CA, "TemplateArn": template});
    let plain = json!({"CertificateAuthorityArn": CA});
    let tagging = json!({"CertificateAuthorityArn": CA, "Tags": [{"Key": "env", "Value": "dev"}]});
    let arn_like = |pattern: &str| json!({"ArnLike": {"acm-pca:TemplateArn": pattern}});
    let any_leaf = "arn:aws:acm-pca:*:*:template/EndEntityCertificate/V*";
    let equals = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    for (condition, operation, request, want) in [
        (arn_like(any_leaf), "IssueCertificate", issue(Some(LEAF)), true),
        (arn_like(any_leaf), "IssueCertificate", issue(Some(SUB)), false),
        (arn_like(any_leaf), "IssueCertificate", issue(None), true),
        (
            arn_like("arn:aws:acm-pca:*:*:template/*CACertificate*/V*"),
            "IssueCertificate",
            issue(None),
            false,
        ),
        (arn_like(any_leaf), "RevokeCertificate", plain.clone(), false),
        (equals("aws:ResourceTag/env", "prod"), "DeleteCertificateAuthority", plain.clone(), true),
        (equals("aws:ResourceTag/env", "dev"), "DeleteCertificateAuthority", plain.clone(), false),
        (equals("aws:ResourceTag/team", "a"), "DeleteCertificateAuthority", plain.clone(), false),
        (equals("aws:RequestTag/env", "dev"), "TagCertificateAuthority", tagging.clone(), true),
        (equals("aws:RequestTag/env", "prod"), "TagCertificateAuthority", tagging.clone(), false),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "owner"]}}),
            "TagCertificateAuthority",
            tagging.clone(),
            true,
        ),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}),
            "TagCertificateAuthority",
            tagging,
            false,
        ),
        (equals("aws:PrincipalAccount", "111122223333"), "ListTags", plain.clone(), true),
        (equals("aws:RequestedRegion", "eu-west-1"), "ListTags", plain.clone(), false),
        // What is not known here never makes a statement allow.
        (equals("aws:SourceVpc", "vpc-1"), "ListTags", plain, false),
    ] {
        let policies = json!([policy(&[when(allow("acm-pca:*", "*"), condition.clone())])]);
        let got = ask(&policies, operation, &request);
        assert_eq!(got.is_ok(), want, "{operation} {request}: {condition}: {got:?}");
    }
}

#[test]
fn a_ca_with_tags_takes_the_right_to_tag() {
    let create = policy(&[allow("acm-pca:CreateCertificateAuthority", "*")]);
    let tag = policy(&[allow("acm-pca:TagCertificateAuthority", "arn:aws:acm-pca:*:*:*")]);
    let (bare, tagged) = (json!({}), json!({"Tags": [{"Key": "env", "Value": "dev"}]}));
    let operation = "CreateCertificateAuthority";
    assert_eq!(ask(&json!([create]), operation, &bare), Ok(()));
    let refused = ask(&json!([create]), operation, &tagged).unwrap_err();
    assert!(refused.contains("acm-pca:TagCertificateAuthority"), "{refused}");
    assert_eq!(ask(&json!([create, tag]), operation, &tagged), Ok(()));
}

#[test]
fn an_access_key_that_nobody_has_is_not_recognized() {
    let iam = iam(&json!([]));
    let asked = Asked { operation: "ListTags", request: &json!({}), resource_tags: Vec::new() };
    let error = iam.authorize(&caller("UNKNOWN", &iam), &asked).unwrap_err();
    assert_eq!((error.code, error.status), ("UnrecognizedClientException", 400));
}
