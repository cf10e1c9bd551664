//! Who may call what: identities with their policies, for a service that was given some.

mod file;

use std::collections::BTreeMap;

use iam_policy::{Context, Decision, Policy, Principal, Request};
use serde_json::Value;

use crate::{
    model::error::ApiError,
    service::caller::Caller,
    x509::template::{self, Template},
};
pub use file::IamError;

/// The identities behind access keys. Without it, every call is allowed.
#[derive(Debug)]
pub struct Iam {
    identities: BTreeMap<String, Identity>,
}

/// A user, or a session of a role.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) account: String,
    policies: Vec<Policy>,
}

/// What a call asks for.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'a str,
    pub(crate) request: &'a Value,
    /// Of the CA that the request names.
    pub(crate) resource_tags: Vec<(String, String)>,
}

const CREATE: &str = "CreateCertificateAuthority";
const TAG_ON_CREATE: &str = "TagCertificateAuthority";

impl Iam {
    /// Makes the caller the user or the session that the access key belongs to, if it is known.
    pub(crate) fn identify(&self, caller: &mut Caller) {
        if let Some(identity) = self.identity(&caller.access_key_id) {
            caller.account.clone_from(&identity.account);
            caller.arn.clone_from(&identity.arn);
        }
    }

    fn identity(&self, access_key_id: &str) -> Option<&Identity> {
        self.identities.get(access_key_id)
    }

    /// Refuses a caller whose policies do not allow the call, or deny it.
    pub(crate) fn authorize(&self, caller: &Caller, asked: &Asked<'_>) -> Result<(), ApiError> {
        let identity = self.identity(&caller.access_key_id).ok_or_else(|| {
            ApiError::refused(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        })?;
        let context = context(caller, identity, asked);
        let resource = resource(caller, identity, asked);
        identity.permit(caller, asked.operation, &resource, &context)?;
        // Service authorization reference: giving a new CA tags takes the right to tag, too.
        let is_tagged = asked.request["Tags"].as_array().is_some_and(|tags| !tags.is_empty());
        if asked.operation == CREATE && is_tagged {
            identity.permit(caller, TAG_ON_CREATE, &resource, &context)?;
        }
        Ok(())
    }
}

impl Identity {
    fn permit(
        &self,
        caller: &Caller,
        operation: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), ApiError> {
        let principal = Principal::Aws(self.arn.clone());
        let action = format!("acm-pca:{operation}");
        let request = Request { principal: &principal, action: &action, resource, context };
        let mut is_allowed = false;
        for policy in &self.policies {
            match policy.decide(&request) {
                Decision::Denied(why) => {
                    tracing::info!(principal = self.arn, action, resource, why, "denied");
                    let because = "with an explicit deny in an identity-based policy";
                    return Err(ApiError::not_authorized(
                        &caller.arn,
                        operation,
                        resource,
                        because,
                    ));
                }
                Decision::Allowed => is_allowed = true,
                Decision::Silent => {}
            }
        }
        if is_allowed {
            return Ok(());
        }
        let because = format!("because no identity-based policy allows the {action} action");
        Err(ApiError::not_authorized(&caller.arn, operation, resource, &because))
    }
}

/// A new CA is one of all CAs of the caller's account (aws/eks-hybrid#686). Other calls that name
/// no CA are about no resource in particular.
fn resource(caller: &Caller, identity: &Identity, asked: &Asked<'_>) -> String {
    let members = ["CertificateAuthorityArn", "ResourceArn"];
    let named = members.map(|member| asked.request[member].as_str()).into_iter().flatten().next();
    match named {
        Some(arn) => arn.to_owned(),
        None if asked.operation == CREATE => {
            let (region, account) = (&caller.region, &identity.account);
            let partition = crate::model::arn::partition(region);
            format!("arn:{partition}:acm-pca:{region}:{account}:certificate-authority/*")
        }
        None => "*".to_owned(),
    }
}

/// The condition keys of ACM PCA ("Actions, resources, and condition keys for AWS Private
/// Certificate Authority") and the global ones that every request has.
fn context(caller: &Caller, identity: &Identity, asked: &Asked<'_>) -> Context {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = asked.request["Tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tags: Vec<(String, String)> =
        tags.iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect();
    let resource = resource(caller, identity, asked);
    let owner = resource.split(':').nth(4).filter(|account| !account.is_empty());
    let template = template_arn(caller, asked);
    Context::default()
        .with_optional("acm-pca:TemplateArn", template.as_deref())
        .with("aws:PrincipalAccount", &identity.account)
        .with("aws:PrincipalArn", &identity.arn)
        .without("aws:PrincipalOrgID")
        .with("aws:RequestedRegion", &caller.region)
        .with("aws:ResourceAccount", owner.unwrap_or(&identity.account))
        .with("aws:SecureTransport", "true")
        .without("aws:SourceIp")
        .with("aws:UserAgent", &caller.user_agent)
        .with_optional("aws:username", identity.arn.split_once(":user/").map(|(_, name)| name))
        .with_all("aws:TagKeys", tags.iter().map(|(key, _)| key.as_str()))
        .with_family("aws:RequestTag/", pairs(&tags))
        .with_family("aws:ResourceTag/", pairs(&asked.resource_tags))
}

fn pairs(tags: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// The template that an issuance will use; a request that names none uses the default one.
fn template_arn(caller: &Caller, asked: &Asked<'_>) -> Option<String> {
    if asked.operation != "IssueCertificate" {
        return None;
    }
    let partition = crate::model::arn::partition(&caller.region);
    let given = asked.request["TemplateArn"].as_str();
    match given {
        Some(arn) => Some(arn.to_owned()),
        None => template::by_name(template::DEFAULT).map(|it: &Template| it.arn(partition)),
    }
}

#[cfg(test)]
mod tests;
