//! The wildcards of IAM: `*` for any run of characters, `?` for one.

/// Linear in practice and quadratic at worst, however many stars a hostile pattern has.
pub(super) fn matches(pattern: &str, value: &str, ignore_case: bool) -> bool {
    let fold = |text: &str| {
        let text = if ignore_case { text.to_lowercase() } else { text.to_owned() };
        text.chars().collect::<Vec<_>>()
    };
    let (pattern, value) = (fold(pattern), fold(value));
    let (mut p, mut v) = (0, 0);
    // Where the last star stands, and how much it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, v));
                p += 1;
            }
            Some(c) if *c == '?' || *c == value[v] => {
                p += 1;
                v += 1;
            }
            _ => {
                let Some((at, swallowed)) = star else { return false };
                star = Some((at, swallowed + 1));
                p = at + 1;
                v = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_match_as_iam_says() {
        for (pattern, value, want) in [
            ("*", "", true),
            ("", "", true),
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
            assert_eq!(matches(pattern, value, false), want, "{pattern} {value}");
        }
        assert!(matches("S3:putOBJECT", "s3:PutObject", true));
        assert!(!matches("S3:putOBJECT", "s3:PutObject", false));
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "a*".repeat(2_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(5_000), false));
    }
}
