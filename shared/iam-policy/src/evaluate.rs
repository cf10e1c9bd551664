//! What a policy says about one request.

use crate::three_valued::Match;
use crate::{Context, Policy, Principal, Statement};

/// One request, as a policy sees it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// `s3:PutObject`; compared without regard to case.
    pub action: &'a str,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: &'a str,
    /// The condition keys of the request.
    pub context: &'a Context,
}

/// What the policy says to an observer, and which statement says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A statement allows the request, and no statement can deny it.
    Allowed {
        /// The name of the statement.
        by: String,
    },
    /// A statement denies the request.
    Denied {
        /// The name of the statement.
        by: String,
    },
    /// No statement allows the request.
    Silent,
    /// The answer depends on a condition key, an operator or a variable that is not known here.
    Unclear {
        /// Which statement, and what is not known.
        why: String,
    },
}

/// What follows for a service that enforces the policy: what is unknown is never in the caller's
/// favour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows the request, and no statement can deny it.
    Allowed,
    /// A statement denies the request, or may. The text names it for the author of the policy.
    Denied(String),
    /// No statement allows the request for certain.
    Silent,
}

impl Policy {
    /// What the policy says about a request, as far as the request is known.
    ///
    /// An explicit Deny outweighs every Allow. A Deny that may apply makes an Allow unclear.
    pub fn evaluate(&self, request: &Request<'_>) -> Effect {
        let may_be_denied = match self.strongest(false, request) {
            Some((deny, Match::Yes)) => return Effect::Denied { by: deny.name.clone() },
            Some((deny, Match::Unknown(why))) => Some((deny, why)),
            Some((_, Match::No)) | None => None,
        };
        match (self.strongest(true, request), may_be_denied) {
            (Some((allow, Match::Yes)), None) => Effect::Allowed { by: allow.name.clone() },
            (Some((allow, Match::Yes)), Some((deny, why))) => Effect::Unclear {
                why: format!("{} allows it, and {} may deny it: {why}", allow.name, deny.name),
            },
            (Some((allow, Match::Unknown(why))), _) => {
                Effect::Unclear { why: format!("{}: {why}", allow.name) }
            }
            (Some((_, Match::No)) | None, _) => Effect::Silent,
        }
    }

    /// The name of a statement that denies the request for certain, whatever other statements allow.
    pub fn denies(&self, request: &Request<'_>) -> Option<&str> {
        match self.strongest(false, request) {
            Some((deny, Match::Yes)) => Some(&deny.name),
            _ => None,
        }
    }

    /// What a service that enforces the policy does. It fails closed: an Allow that may apply does
    /// not, and a Deny that may apply does.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let of = self.owner.name();
        match self.strongest(false, request) {
            Some((deny, Match::Yes)) => {
                return Decision::Denied(format!("{} of {of} denies it", deny.name));
            }
            Some((deny, Match::Unknown(why))) => {
                return Decision::Denied(format!(
                    "{} of {of} may deny it, and this cannot be evaluated here: {why}",
                    deny.name
                ));
            }
            Some((_, Match::No)) | None => {}
        }
        match self.strongest(true, request) {
            Some((_, Match::Yes)) => Decision::Allowed,
            _ => Decision::Silent,
        }
    }

    /// The first statement of this effect that applies; without one, the first that may.
    fn strongest(&self, allows: bool, request: &Request<'_>) -> Option<(&Statement, Match)> {
        let mut possible = None;
        for statement in self.statements.iter().filter(|statement| statement.allows == allows) {
            match statement.matches(request) {
                Match::Yes => return Some((statement, Match::Yes)),
                unknown @ Match::Unknown(_) => {
                    possible.get_or_insert((statement, unknown));
                }
                Match::No => {}
            }
        }
        possible
    }
}
