//! Decides whether a caller may use a key through S3: by the key's state, its policy, and the role of
//! the caller if it is a function.

use super::Kms;
use iam_policy::{Context, Decision, Policy, Request};

use crate::caller::Caller;

/// The reason for a refusal, with the error code of S3's answer.
pub(crate) struct NotUsable {
    pub(crate) code: &'static str,
    pub(crate) why: String,
}

impl Kms {
    /// `key` as the bucket's encryption names it; `aws/s3` where it names none. The context is that
    /// of the request to S3; `encrypted` is the bucket's ARN or the object's.
    pub(crate) fn may(
        &self,
        action: &str,
        key: Option<&str>,
        (caller, access_key): (&Caller, Option<&str>),
        context: Context,
        encrypted: &str,
    ) -> Result<(), NotUsable> {
        let inner = &self.0;
        let now = inner.clock.now();
        let state = inner.keys.at(now);
        let name = key.unwrap_or("alias/aws/s3");
        let id = match inner.find(&state, name, true) {
            Err(_) if name.ends_with("alias/aws/s3") => inner.make_own(now),
            found => found,
        };
        let missing = |why: String| NotUsable { code: "KMS.NotFoundException", why };
        let id = id.map_err(|refusal| missing(refusal.message))?;
        let state = inner.keys.at(now);
        let arn = inner.arn(&id);
        let Some(key) = state.keys.get(&id) else {
            return Err(missing(format!("Key '{arn}' does not exist")));
        };
        match key.state() {
            "Enabled" => {}
            "Disabled" => {
                let why = format!("{arn} is disabled.");
                return Err(NotUsable { code: "KMS.DisabledException", why });
            }
            _ => {
                let why = format!("{arn} is pending deletion.");
                return Err(NotUsable { code: "KMS.KMSInvalidStateException", why });
            }
        }
        let via = format!("s3.{}.amazonaws.com", inner.account.region);
        let context = context
            .with_optional("kms:CallerAccount", caller.account())
            .with("kms:EncryptionContext:aws:s3:arn", encrypted)
            .with("kms:ViaService", &via);
        let principal = &caller.principal();
        let request = Request { principal, action, resource: &arn, context: &context };
        let denied = |why: String| {
            let why = format!("{action} on {arn}: {why}");
            Err(NotUsable { code: "AccessDenied", why })
        };
        match Policy::of_key(&key.policy).map(|policy| policy.decide(&request)) {
            Ok(Decision::Allowed) => match access_key {
                // The policy of an AWS managed key allows the account's principals by itself.
                Some(access_key) if !key.is_aws_managed => {
                    inner.roles.permit_via(&via, access_key, action, &arn).or_else(denied)
                }
                Some(_) | None => Ok(()),
            },
            Ok(Decision::Denied(why)) => denied(why),
            Ok(Decision::Silent) => denied("no statement of the key's policy allows it".to_owned()),
            Err(malformed) => denied(malformed.to_string()),
        }
    }
}
