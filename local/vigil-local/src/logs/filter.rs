//! Filter patterns of unstructured log events (CloudWatch Logs User Guide, "Filter pattern syntax"): words and
//! phrases in double quotes. `?` makes one optional, `-` excludes it.

use crate::json_api::Refused;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Filter {
    pub(super) fn parse(pattern: &str) -> Result<Self, Refused> {
        let refused = || {
            let message =
                "vigil-local evaluates patterns of words, phrases in double quotes, ? and -";
            ("InvalidParameterException", message.to_owned())
        };
        let (mut filter, mut rest) = (Self::default(), pattern.trim());
        // Patterns of JSON, of regular expressions and of fields between spaces.
        if rest.starts_with(['{', '[', '%']) {
            return Err(refused());
        }
        while !rest.is_empty() {
            let (terms, term) = match rest.split_at(1) {
                ("?", after) => (&mut filter.any, after),
                ("-", after) => (&mut filter.none, after),
                _ => (&mut filter.all, rest),
            };
            let (word, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(refused)?,
                None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
            };
            if word.is_empty() || word.contains('"') {
                return Err(refused());
            }
            terms.push(word.to_owned());
            rest = after.trim_start();
        }
        Ok(filter)
    }

    pub(super) fn fits(&self, line: &str) -> bool {
        let has = |term: &String| line.contains(term.as_str());
        // Optional terms beside others change nothing.
        let some = self.any.is_empty() || !self.all.is_empty() || self.any.iter().any(has);
        some && self.all.iter().all(has) && !self.none.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases_fit_as_the_guide_says() {
        for (pattern, line, fits) in [
            ("", "anything", true),
            ("ERROR", "an ERROR here", true),
            ("ERROR", "an error here", false),
            ("ERROR here", "here is an ERROR", true),
            ("\"ERROR here\"", "here is an ERROR", false),
            ("?ERROR ?WARN", "WARN", true),
            ("?ERROR ?WARN", "INFO", false),
            ("here ?ERROR", "here", true),
            ("ERROR -here", "an ERROR here", false),
            ("ERROR -\"not here\"", "an ERROR here", true),
        ] {
            let filter =
                Filter::parse(pattern).unwrap_or_else(|(_, why)| panic!("{pattern}: {why}"));
            assert_eq!(filter.fits(line), fits, "{pattern} of {line}");
        }
    }

    #[test]
    fn other_patterns_are_refused_by_name() {
        for pattern in ["{ $.level = \"ERROR\" }", "[ip, user]", "%AUTH%", "\"open", "a\"b", "?"] {
            let (code, _) = Filter::parse(pattern).expect_err(pattern);
            assert_eq!(code, "InvalidParameterException");
        }
    }
}
