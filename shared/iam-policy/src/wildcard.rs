//! Patterns with wildcards, in the notations of IAM and of EventBridge.

/// A pattern, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    AnyRun,
    AnyOne,
    Exactly(char),
}

impl Wildcard {
    /// IAM: `*` is any run of characters (none included), `?` is exactly one, nothing is escaped.
    pub fn iam(pattern: &str) -> Self {
        let pieces = pattern.chars().map(|char| match char {
            '*' => Piece::AnyRun,
            '?' => Piece::AnyOne,
            char => Piece::Exactly(char),
        });
        Self(pieces.collect())
    }

    /// EventBridge: `*` alone is special; `\*` and `\\` are the characters themselves. `None` for
    /// any other escape and for two `*` in a row, which EventBridge refuses.
    pub fn event_bridge(pattern: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars();
        while let Some(char) = chars.next() {
            pieces.push(match char {
                '*' if pieces.last() == Some(&Piece::AnyRun) => return None,
                '*' => Piece::AnyRun,
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '\\')) => Piece::Exactly(escaped),
                    _ => return None,
                },
                char => Piece::Exactly(char),
            });
        }
        Some(Self(pieces))
    }

    /// Whether the whole text fits. Greedy with one point of return, so at worst quadratic.
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut seen) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.0.get(at) {
                Some(Piece::AnyRun) => {
                    at += 1;
                    retry = Some((at, seen));
                    continue;
                }
                Some(piece) if text.get(seen).is_some_and(|char| piece.takes(*char)) => {
                    (at, seen) = (at + 1, seen + 1);
                    continue;
                }
                None if seen == text.len() => return true,
                Some(_) | None => {}
            }
            match retry {
                Some((after, from)) if from < text.len() => {
                    retry = Some((after, from + 1));
                    (at, seen) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Piece {
    fn takes(self, char: char) -> bool {
        match self {
            Self::AnyRun | Self::AnyOne => true,
            Self::Exactly(wanted) => wanted == char,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_may_be_empty_and_a_question_mark_may_not() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("a*", "a", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("a*b*c", "aXbYbZc", true),
            ("?", "", false),
            ("?", "a", true),
            ("?", "ab", false),
            ("*a", "bab", false),
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/crl/x.crl", true),
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", false),
            ("A", "a", false),
            ("", "a", false),
            ("s3:Put*", "s3:PutObject", true),
            ("s3:Put*", "s3:GetObject", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("crl/?.crl", "crl/1.crl", true),
            ("crl/?.crl", "crl/12.crl", false),
            ("**", "x", true),
            ("*a", "ba", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(Wildcard::iam(pattern).fits(text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn event_bridge_escapes_its_wildcard_and_has_no_other() {
        let star = Wildcard::event_bridge(r"a\*b").unwrap();
        assert!(star.fits("a*b") && !star.fits("axb"));
        let question = Wildcard::event_bridge("a?b").unwrap();
        assert!(question.fits("a?b") && !question.fits("axb"));
        assert!(Wildcard::event_bridge(r"c:\\*").unwrap().fits(r"c:\temp"));
        assert_eq!(Wildcard::event_bridge("a**b"), None);
        assert_eq!(Wildcard::event_bridge(r"a\n"), None);
        assert_eq!(Wildcard::event_bridge("a\\"), None);
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "*a".repeat(200);
        assert!(!Wildcard::iam(&pattern).fits(&"a".repeat(150)));
        let pattern = "a*".repeat(2_000) + "b";
        assert!(!Wildcard::iam(&pattern).fits(&"a".repeat(5_000)));
    }
}
