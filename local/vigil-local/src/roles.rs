//! The functions' roles: the template's policies, checked on every call.
//!
//! A call that the role does not allow fails here as it does on AWS. A passing test therefore shows
//! that the template grants what the function calls. The calls are kept, so that a test can also
//! find a permission that is never used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::account::Account;
use iam_policy::wildcard::Wildcard;
use iam_policy::{Context, Decision, Malformed, Policy, Principal, Request};

/// A call that a function made and that its role allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Call {
    /// The name of the function.
    pub function: String,
    /// `s3:GetObject`
    pub action: String,
    /// An ARN, or `*` for an action that knows no resource.
    pub resource: String,
}

/// One permission of a role: an action on the resources that fit a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The name of the function.
    pub function: String,
    /// `s3:GetObject`
    pub action: String,
    /// An ARN with wildcards, or `*`.
    pub resource: String,
}

impl Grant {
    /// Whether the call needs this permission.
    pub fn covers(&self, call: &Call) -> bool {
        self.function == call.function
            && Wildcard::iam(&self.action).fits(&call.action)
            && Wildcard::iam(&self.resource).fits(&call.resource)
    }
}

/// A handle; clones share the roles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    account: Account,
    by_function: BTreeMap<String, Enforced>,
    granted: BTreeSet<Grant>,
    calls: Mutex<BTreeSet<Call>>,
}

/// The role of a function, as the template has it.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// Begins and ends with a slash.
    pub(crate) path: String,
    /// As SAM names it: `<stack>-<logical id>Role-<suffix>`.
    pub(crate) name: String,
    pub(crate) statements: Vec<Value>,
}

#[derive(Debug)]
struct Enforced {
    path: String,
    name: String,
    policy: Policy,
}

/// The access key id that a function of this name is given.
pub(crate) fn access_key_id(function: &str) -> String {
    format!("{PREFIX}{function}")
}

const PREFIX: &str = "lambda-";

impl Roles {
    /// Of each function: its name, and its role.
    pub(crate) fn new(
        account: Account,
        functions: impl IntoIterator<Item = (String, Role)>,
    ) -> Result<Self, (String, Malformed)> {
        let mut inner = Inner { account, ..Inner::default() };
        for (function, Role { path, name, statements }) in functions {
            let policy = Policy::of_role(&statements).map_err(|cause| (function.clone(), cause))?;
            for statement in policy.statements().iter().filter(|statement| statement.allows()) {
                for action in statement.actions().texts() {
                    inner.granted.extend(statement.resources().texts().iter().map(|resource| {
                        Grant {
                            function: function.clone(),
                            action: action.clone(),
                            resource: resource.clone(),
                        }
                    }));
                }
            }
            inner.by_function.insert(function, Enforced { path, name, policy });
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Every permission in the roles.
    pub(crate) fn granted(&self) -> &BTreeSet<Grant> {
        &self.0.granted
    }

    /// Whether the function's role allows the call in the account, with these condition keys. Nothing is
    /// recorded.
    pub(crate) fn would_allow(
        &self,
        function: &str,
        action: &str,
        resource: &str,
        keys: &[(&str, &str)],
    ) -> bool {
        let Some(role) = self.0.by_function.get(function) else { return false };
        let context = self.context(Context::default());
        let context = keys.iter().fold(context, |context, (key, value)| context.with(key, value));
        let principal = Principal::Aws(self.session(function, role));
        let request = Request { principal: &principal, action, resource, context: &context };
        role.policy.decide(&request) == Decision::Allowed
    }

    /// Everything on this stack belongs to one account.
    fn context(&self, context: Context) -> Context {
        let account = self.0.account.id.as_str();
        context
            .with("aws:PrincipalAccount", account)
            .with("aws:ResourceAccount", account)
            .with("aws:SecureTransport", "true")
    }

    /// Every different call that a function was allowed, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Checks the caller's role. A caller that is not a function has no role here and is allowed.
    pub(crate) fn permit(
        &self,
        access_key: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), String> {
        self.permit_in(Context::default(), access_key, action, resource)
    }

    /// The same for an event that is put on a bus.
    pub(crate) fn permit_event(
        &self,
        access_key: &str,
        event: &PutEvent,
    ) -> Result<(), Box<Response>> {
        let context = Context::default()
            .with("events:source", &event.source)
            .with("events:detail-type", &event.detail_type);
        let (action, resource) = ("events:PutEvents", event.bus.as_str());
        self.permit_in(context, access_key, action, resource)
            .map_err(|why| self.refusal(access_key, action, resource, &why))
    }

    /// The same for a call to KMS that another service makes on behalf of the caller.
    pub(crate) fn permit_via(
        &self,
        service: &str,
        access_key: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), String> {
        let context = Context::default().with("kms:ViaService", service);
        self.permit_in(context, access_key, action, resource)
    }

    fn permit_in(
        &self,
        context: Context,
        access_key: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), String> {
        let Some((function, role)) = self.role(access_key) else { return Ok(()) };
        let context = self.context(context);
        let principal = Principal::Aws(self.session(function, role));
        let request = Request { principal: &principal, action, resource, context: &context };
        match role.policy.decide(&request) {
            Decision::Allowed => {
                let call = Call {
                    function: function.to_owned(),
                    action: action.to_owned(),
                    resource: resource.to_owned(),
                };
                self.0.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(call);
                Ok(())
            }
            Decision::Denied(why) => Err(why),
            Decision::Silent => Err(format!("no identity-based policy allows the {action} action")),
        }
    }

    /// The same, with the error response of services that speak AWS JSON.
    pub(crate) fn permit_json(
        &self,
        access_key: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), Box<Response>> {
        self.permit(access_key, action, resource)
            .map_err(|why| self.refusal(access_key, action, resource, &why))
    }

    fn refusal(&self, access_key: &str, action: &str, resource: &str, why: &str) -> Box<Response> {
        let user = self.principal(access_key).map(|(session, _)| session).unwrap_or_default();
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} because \
             {why}"
        );
        let body = json!({"__type": "AccessDeniedException", "message": message});
        Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response())
    }

    /// Who calls, as CloudTrail writes it. A function is a session of its role; any other caller is a user, as pca-local records it.
    pub(crate) fn identity(&self, access_key: &str) -> Value {
        let account = &self.0.account.id;
        if let Some((arn, role)) = self.principal(access_key) {
            return json!({"type": "AssumedRole", "principalId": access_key, "arn": arn,
                          "accountId": account, "accessKeyId": access_key,
                          "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role,
                                             "accountId": account}}});
        }
        let arn = self.0.account.user_arn(access_key);
        json!({"type": "IAMUser", "principalId": access_key, "arn": arn, "accountId": account,
               "accessKeyId": access_key, "userName": access_key})
    }

    /// Whether the caller is a function, whose calls are checked.
    pub(crate) fn concern(&self, access_key: &str) -> bool {
        self.role(access_key).is_some()
    }

    fn role<'a>(&'a self, access_key: &'a str) -> Option<(&'a str, &'a Enforced)> {
        let function = access_key.strip_prefix(PREFIX)?;
        self.0.by_function.get(function).map(|role| (function, role))
    }

    /// The ARNs of a function's session and of its role; `None` for a caller that is not a function.
    pub(crate) fn principal(&self, access_key: &str) -> Option<(String, String)> {
        let (function, role) = self.role(access_key)?;
        let of_role = format!("arn:aws:iam::{}:role{}{}", self.0.account.id, role.path, role.name);
        Some((self.session(function, role), of_role))
    }

    fn session(&self, function: &str, role: &Enforced) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{function}", self.0.account.id, role.name)
    }
}

/// The ARN that an ACM PCA call is authorised on: a certificate's or a report's is its CA's.
pub(crate) fn acm_pca_resource(body: &[u8]) -> String {
    let request: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    ["CertificateAuthorityArn", "ResourceArn"]
        .iter()
        .find_map(|member| request[*member].as_str())
        .unwrap_or("*")
        .to_owned()
}

/// What a role's conditions see of one entry of PutEvents.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PutEvent {
    bus: String,
    source: String,
    detail_type: String,
}

/// The entries of a PutEvents call, each kind once, with the ARNs of their buses.
pub(crate) fn put_events(body: &[u8], account: &Account) -> BTreeSet<PutEvent> {
    let request: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let entries = request["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let arn = |entry: &Value| {
        let bus = entry["EventBusName"].as_str().unwrap_or("default");
        if bus.starts_with("arn:") {
            bus.to_owned()
        } else {
            account.arn("events", &format!("event-bus/{bus}"))
        }
    };
    let text = |entry: &Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let of = |entry: &Value| PutEvent {
        bus: arn(entry),
        source: text(entry, "Source"),
        detail_type: text(entry, "DetailType"),
    };
    entries.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Roles {
        let statement = json!({
            "Effect": "Allow", "Action": "acm-pca:Describe*",
            "Resource": "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/*",
        });
        let (path, name) = ("/".to_owned(), "watch-role".to_owned());
        let functions = [("watch".to_owned(), Role { path, name, statements: vec![statement] })];
        Roles::new(Account::default(), functions).unwrap()
    }

    #[test]
    fn a_role_limits_its_function_and_no_other_caller() {
        let roles = roles();
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1";
        let watch = access_key_id("watch");
        let describe = "acm-pca:DescribeCertificateAuthority";
        for (who, action, resource, want) in [
            (watch.as_str(), describe, ca, true),
            (watch.as_str(), describe, "*", false),
            (watch.as_str(), "acm-pca:DeleteCertificateAuthority", ca, false),
            ("alice", "acm-pca:DeleteCertificateAuthority", ca, true),
        ] {
            assert_eq!(roles.permit(who, action, resource).is_ok(), want, "{who} {action}");
        }
        let calls = roles.calls();
        assert_eq!(calls.len(), 1, "what was refused, and what others did, is not kept: {calls:?}");
    }

    #[test]
    fn the_resource_of_a_call_is_read_from_its_body() {
        assert_eq!(acm_pca_resource(br#"{"CertificateAuthorityArn":"arn"}"#), "arn");
        assert_eq!(acm_pca_resource(b"{}"), "*");
        let body = br#"{"Entries":[{"EventBusName":"vigil"},{},{"EventBusName":"arn:x"}]}"#;
        let buses = put_events(body, &Account::default());
        let want = [
            "arn:aws:events:us-east-1:111122223333:event-bus/default",
            "arn:aws:events:us-east-1:111122223333:event-bus/vigil",
            "arn:x",
        ];
        assert_eq!(buses.into_iter().map(|event| event.bus).collect::<Vec<_>>(), want);
    }
}
