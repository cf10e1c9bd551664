//! Policy variables, such as `${aws:username}`, in resources and in the values of conditions.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags". A policy of version 2008-10-17,
//! or of none, has no variables: there the text stands for itself.

use crate::context::Context;
use crate::wildcard::Wildcard;

/// What a text is with the request's values in the place of its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// The text itself.
    Text(String),
    /// The request lacks a value, and the variable has no default: nothing is equal to it or like it.
    Nothing,
    /// A value is not known here. The text has `*` in the place of each such value.
    Unknown(String),
}

/// Fills in the values of the request.
pub(crate) fn resolve(text: &str, context: &Context) -> Resolved {
    let (mut filled, mut is_known, mut rest) = (String::new(), true, text);
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let Some((variable, behind)) = after.split_once('}') else {
            return Resolved::Unknown("*".to_owned());
        };
        rest = behind;
        match value(variable, context) {
            Some(Some(value)) => filled.push_str(&value),
            Some(None) => return Resolved::Nothing,
            None => {
                is_known = false;
                filled.push('*');
            }
        }
    }
    filled.push_str(rest);
    if is_known { Resolved::Text(filled) } else { Resolved::Unknown(filled) }
}

/// Whether a pattern of IAM with variables fits the text. `None`: it depends on what is not known.
pub(crate) fn fits(pattern: &str, context: &Context, text: &str) -> Option<bool> {
    match resolve(pattern, context) {
        Resolved::Text(pattern) => Some(Wildcard::iam(&pattern).fits(text)),
        Resolved::Nothing => Some(false),
        // No value at all may help.
        Resolved::Unknown(pattern) => (!Wildcard::iam(&pattern).fits(text)).then_some(false),
    }
}

/// The outer `None`: not known. The inner one: the request has no value.
fn value(variable: &str, context: &Context) -> Option<Option<String>> {
    let (key, default) = match variable.split_once(',') {
        None => (variable.trim(), None),
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key.trim(), Some(default))
        }
    };
    // `${*}`, `${?}` and `${$}` are the characters themselves. Only the last is never a wildcard.
    if key == "$" {
        return Some(Some("$".to_owned()));
    }
    let possible = context.possible_values(key)?;
    let [values] = possible.as_slice() else { return None };
    match values {
        [] => Some(default.map(str::to_owned)),
        // A value with wildcards would not be taken for them.
        [value] if !value.contains(['*', '?']) => Some(Some(value.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_stands_for_the_requests_value() {
        let context = Context::default()
            .with("aws:PrincipalAccount", "111122223333")
            .with("aws:username", "a*")
            .without("aws:PrincipalTag/team")
            .with_one_of("s3:TlsVersion", ["1.2", "1.3"]);
        let text = |text: &str| Resolved::Text(text.to_owned());
        let unknown = |text: &str| Resolved::Unknown(text.to_owned());
        for (pattern, want) in [
            ("plain", text("plain")),
            ("b/${aws:principalaccount}/*", text("b/111122223333/*")),
            ("${aws:PrincipalTag/team, 'none'}/x", text("none/x")),
            ("${aws:PrincipalTag/team}/x", Resolved::Nothing),
            ("cost-${$}", text("cost-$")),
            ("${aws:userid}/x", unknown("*/x")),
            ("${aws:username}/x", unknown("*/x")),
            ("${s3:TlsVersion}", unknown("*")),
            ("a/${*}", unknown("a/*")),
            ("${aws:PrincipalTag/team, none}", unknown("*")),
            ("${open", unknown("*")),
        ] {
            assert_eq!(resolve(pattern, &context), want, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_no_value_helps_does_not_fit() {
        let context = Context::default();
        assert_eq!(fits("home/${aws:username}/*", &context, "crl/1.crl"), Some(false));
        assert_eq!(fits("crl/${aws:username}.crl", &context, "crl/1.crl"), None);
    }
}
