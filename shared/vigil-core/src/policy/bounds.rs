//! How large and how deep a policy text may be before Cedar's parser sees it.
//!
//! The parser and the validator are recursive, and a text of some hundred bytes can overflow their stack,
//! which no program survives (<https://github.com/cedar-policy/cedar/pull/2383> is not merged).

use super::PolicyError;

/// Files in one set.
pub const MAX_FILES: usize = 100;
/// Bytes of one file.
pub(super) const MAX_FILE_BYTES: usize = 64 * 1024;
/// Bytes of all files.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// Brackets, `if` and unary operators inside each other.
pub(super) const MAX_DEPTH: usize = 64;
/// Operators of one policy. A chain `a && b && c` is nested, too, once it is parsed.
pub(super) const MAX_OPERATORS: usize = 500;

/// Refuses a set by its bounds, and names the file.
pub(super) fn check(files: &[(String, Vec<u8>)]) -> Result<(), PolicyError> {
    if files.len() > MAX_FILES {
        return Err(PolicyError::Many(files.len()));
    }
    for (file, body) in files {
        let file = || file.clone();
        if body.len() > MAX_FILE_BYTES {
            return Err(PolicyError::Large { file: file() });
        }
        let measured = measure(body);
        if measured.depth > MAX_DEPTH {
            return Err(PolicyError::Deep { file: file(), depth: measured.depth });
        }
        if measured.operators > MAX_OPERATORS {
            return Err(PolicyError::Long { file: file() });
        }
    }
    if files.iter().map(|(_, body)| body.len()).sum::<usize>() > MAX_BYTES {
        return Err(PolicyError::LargeTogether);
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Measured {
    depth: usize,
    /// Of the policy that has most.
    operators: usize,
}

/// Reads the text as Cedar's lexer does: strings and comments hold no brackets. What is no Cedar is
/// measured all the same, and the parser refuses it.
fn measure(text: &[u8]) -> Measured {
    let mut most = Measured::default();
    let (mut brackets, mut ifs, mut unary, mut operators) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        at += 1;
        match byte {
            b'"' => at += string(&rest[1..]),
            b'/' if rest.get(1) == Some(&b'/') => {
                at += rest
                    .iter()
                    .position(|byte| matches!(byte, b'\n' | b'\r'))
                    .unwrap_or(rest.len());
            }
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b';' => (ifs, unary, operators) = (0, 0, 0),
            b'!' | b'-' => (unary, operators) = (unary + 1, operators + 1),
            b'&' | b'|' | b'+' | b'*' | b'.' | b'<' | b'>' | b'=' => operators += 1,
            _ if is_word(byte) => {
                let end = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
                match &rest[..end] {
                    b"if" => (ifs, operators) = (ifs + 1, operators + 1),
                    b"in" | b"has" | b"like" | b"is" => operators += 1,
                    _ => {}
                }
                at += end - 1;
                unary = 0;
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => unary = 0,
        }
        most.depth = most.depth.max(brackets + ifs + unary);
        most.operators = most.operators.max(operators);
    }
    most
}

/// How long the rest of a string literal is, with its closing quotation mark.
fn string(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;

    fn policy(condition: &str) -> String {
        let head =
            r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)"#;
        format!("{head} when {{ {condition} }};")
    }

    fn parse(text: &str) -> Result<Policies, PolicyError> {
        Policies::parse(&[("policies/x.cedar".to_owned(), text.as_bytes().to_vec())])
    }

    #[test]
    fn a_deep_policy_is_refused_by_name_and_ends_no_process() {
        let nested = |open: &str, close: &str, levels: usize| {
            policy(&format!("{}true{}", open.repeat(levels), close.repeat(levels)))
        };
        for (open, close) in
            [("(", ")"), ("[", "]"), ("if true then ", " else false"), ("{a:", "}")]
        {
            for levels in [MAX_DEPTH + 1, 156, 634, 2000] {
                let error = parse(&nested(open, close, levels)).unwrap_err();
                assert!(matches!(error, PolicyError::Deep { .. }), "{open} {levels}: {error}");
            }
        }
        assert!(parse(&nested("(", ")", 40)).is_ok());
        let commented = format!("// no end\r{}", "(".repeat(3000));
        assert!(matches!(parse(&commented).unwrap_err(), PolicyError::Deep { .. }));
    }

    #[test]
    fn what_is_within_the_bounds_can_be_parsed() {
        for operator in ["&&", "||"] {
            let chain = vec!["true"; MAX_OPERATORS / 2 - 20].join(&format!(" {operator} "));
            parse(&policy(&chain)).unwrap();
            let longer = vec!["true"; MAX_OPERATORS].join(&format!(" {operator} "));
            assert!(matches!(parse(&policy(&longer)).unwrap_err(), PolicyError::Long { .. }));
        }
        let sum = vec!["1"; MAX_OPERATORS - 40].join(" + ");
        parse(&policy(&format!("{sum} > 0"))).unwrap();
        let deep = format!("{}true{}", "(".repeat(MAX_DEPTH - 2), ")".repeat(MAX_DEPTH - 2));
        parse(&policy(&deep)).unwrap();
    }

    #[test]
    fn strings_and_comments_hold_no_brackets() {
        let text = format!(r#"context.sourceIp == "\"{}" // {}"#, "(".repeat(200), "[".repeat(200));
        assert_eq!(measure(text.as_bytes()).depth, 0);
    }

    #[test]
    fn a_set_is_bounded_in_files_and_bytes() {
        let file = |at: usize, size: usize| (format!("policies/{at}.cedar"), vec![b' '; size]);
        let many: Vec<_> = (0..=MAX_FILES).map(|at| file(at, 1)).collect();
        assert_eq!(check(&many), Err(PolicyError::Many(MAX_FILES + 1)));
        let large = PolicyError::Large { file: "policies/0.cedar".to_owned() };
        assert_eq!(check(&[file(0, MAX_FILE_BYTES + 1)]), Err(large));
        let together: Vec<_> = (0..17).map(|at| file(at, MAX_FILE_BYTES)).collect();
        assert_eq!(check(&together), Err(PolicyError::LargeTogether));
    }

    #[test]
    fn a_set_without_a_dead_mans_switch_is_known_as_one() {
        assert!(Policies::built_in().has_switch());
        assert!(!parse(&policy("true")).unwrap().has_switch());
    }
}
