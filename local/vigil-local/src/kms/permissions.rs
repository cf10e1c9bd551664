//! Whether a caller may use a key: the key's policy, and then the policies of the role.

use iam_policy::{Context, Decision, Policy, Principal, Request};

use super::Inner;
use super::keys::{KmsRefusal, KmsState, refuse};
use super::operations::missing;

impl Inner {
    pub(super) fn permit(
        &self,
        operation: &str,
        access_key: &str,
        resource: &str,
    ) -> Result<(), KmsRefusal> {
        let action = format!("kms:{operation}");
        if self.account.of_access_key(access_key).id != self.account.id {
            let why = format!("{access_key} is not authorized to perform: {action}");
            return Err(refuse("AccessDeniedException", &why));
        }
        self.roles.permit(access_key, &action, resource).map_err(|why| {
            let who = self.account.user_arn(access_key);
            let message = format!(
                "User: {who} is not authorized to perform: {action} on resource: {resource} \
                 because {why}"
            );
            refuse("AccessDeniedException", &message)
        })
    }

    /// The key's policy decides first, as on AWS: what IAM allows counts only where it lets IAM decide.
    pub(super) fn by_key_policy(
        &self,
        state: &KmsState,
        operation: &str,
        access_key: &str,
        id: &str,
    ) -> Result<(), KmsRefusal> {
        let key = state.keys.get(id).ok_or_else(|| missing(id))?;
        let (action, resource) = (format!("kms:{operation}"), self.arn(id));
        let (caller, role) = self.roles.principal(access_key).unwrap_or_else(|| {
            let arn = self.account.user_arn(access_key);
            (arn.clone(), arn)
        });
        let account = &self.account.of_access_key(access_key).id;
        let context = Context::default()
            .with("aws:PrincipalArn", &role)
            .with("aws:PrincipalAccount", account)
            .with("kms:CallerAccount", account)
            .without("kms:ViaService");
        let verdict = Policy::of_key(&key.policy).map(|policy| {
            // A statement names a role, and its sessions call.
            let of = |principal: &str| {
                let principal = &Principal::Aws(principal.to_owned());
                let (action, resource) = (action.as_str(), resource.as_str());
                policy.decide(&Request { principal, action, resource, context: &context })
            };
            match of(&caller) {
                Decision::Silent => of(&role),
                decided => decided,
            }
        });
        let why = match verdict {
            Ok(Decision::Allowed) => return Ok(()),
            Ok(Decision::Denied(why)) => why,
            Ok(Decision::Silent) => {
                format!("no resource-based policy allows the {action} action")
            }
            Err(malformed) => malformed.to_string(),
        };
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource} because {why}"
        );
        Err(refuse("AccessDeniedException", &message))
    }
}
