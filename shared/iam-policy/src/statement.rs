//! One statement: whom, what and where it is about, and under which conditions.

use crate::condition::{self, Condition};
use crate::evaluate::Request;
use crate::principal::{Principal, Principals};
use crate::three_valued::Match;
use crate::variable;
use crate::wildcard::Wildcard;

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub(crate) name: String,
    pub(crate) allows: bool,
    pub(crate) principals: Principals,
    pub(crate) actions: Patterns,
    pub(crate) resources: Patterns,
    pub(crate) conditions: Vec<Condition>,
    /// The policy is of a version that has policy variables.
    pub(crate) has_variables: bool,
}

/// The texts of `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq)]
pub struct Patterns {
    texts: Vec<String>,
    wildcards: Vec<Wildcard>,
    negated: bool,
}

impl Statement {
    /// `statement "Sid"`, or `statement 2` if it has no Sid.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the effect is `Allow`; otherwise it is `Deny`.
    pub fn allows(&self) -> bool {
        self.allows
    }

    /// The actions.
    pub fn actions(&self) -> &Patterns {
        &self.actions
    }

    /// The resources.
    pub fn resources(&self) -> &Patterns {
        &self.resources
    }

    /// The lines of the Condition block. All of them have to be met.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The principals that the statement can apply to. [`Principal::Anyone`] stands for `*`, and for
    /// the principals that a `NotPrincipal` leaves. An identity's policy applies to anyone who has it.
    pub fn named_principals(&self) -> Vec<Principal> {
        self.principals.widest()
    }

    /// The principals that a `NotPrincipal` excepts; none where there is a `Principal`.
    pub fn excepted_principals(&self) -> &[Principal] {
        if self.principals.are_negated() { self.principals.named() } else { &[] }
    }

    /// Whether the statement has a `NotPrincipal`.
    pub fn excludes_principals(&self) -> bool {
        self.principals.are_negated()
    }

    pub(crate) fn matches(&self, request: &Request<'_>) -> Match {
        self.principal_matches(request)
            .and(|| Match::from(self.actions.cover(&request.action.to_ascii_lowercase())))
            .and(|| self.resource_matches(request))
            .and(|| condition::all_met(&self.conditions, request.context, self.has_variables))
    }

    fn principal_matches(&self, request: &Request<'_>) -> Match {
        let is_included = self.principals.include(request.principal);
        if is_included && !self.allows && self.principals.may_except(request.principal) {
            let why = "whether a canonical user id and an ARN are of one account";
            return Match::Unknown(why.to_owned());
        }
        Match::from(is_included)
    }

    fn resource_matches(&self, request: &Request<'_>) -> Match {
        let texts = &self.resources.texts;
        if !self.has_variables || !texts.iter().any(|text| text.contains("${")) {
            return Match::from(self.resources.cover(request.resource));
        }
        let fits = |text: &String| variable::fits(text, request.context, request.resource);
        let fits: Vec<_> = texts.iter().map(fits).collect();
        if fits.contains(&Some(true)) {
            return Match::from(!self.resources.negated);
        }
        if fits.contains(&None) {
            return Match::Unknown("a Resource with a policy variable".to_owned());
        }
        Match::from(self.resources.negated)
    }
}

impl Patterns {
    pub(crate) fn new(texts: Vec<String>, negated: bool, fold: impl Fn(&str) -> String) -> Self {
        let wildcards = texts.iter().map(|text| Wildcard::iam(&fold(text))).collect();
        Self { texts, wildcards, negated }
    }

    /// The texts as they are written.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether the element is `NotAction` or `NotResource`.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    fn cover(&self, text: &str) -> bool {
        self.wildcards.iter().any(|wildcard| wildcard.fits(text)) != self.negated
    }
}
