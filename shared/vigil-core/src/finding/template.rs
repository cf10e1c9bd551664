//! Fills the names of a kind's texts.

use crate::hidden::{code_point, hides};

/// Replaces each `{name}` by what `value` gives for it. A name is lower-case letters and `_`; other
/// braces, as JSON has them, stay.
///
/// # Errors
/// The first name that has no value.
pub(super) fn fill(
    template: &str,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open + 1..];
        let length = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        match behind.strip_prefix('}').filter(|_| !name.is_empty()) {
            Some(behind) => {
                text.push_str(&value(name).ok_or_else(|| name.to_owned())?);
                rest = behind;
            }
            None => text.push('{'),
        }
    }
    text.push_str(rest);
    Ok(text)
}

/// At most `limit` characters and none that controls a terminal or hides: an attacker may have chosen some
/// of the values.
pub(super) fn plain(text: &str, limit: usize) -> String {
    let (mut shown, mut length) = (String::new(), 0);
    for char in text.chars() {
        let visible = match char {
            char if char.is_control() => char::REPLACEMENT_CHARACTER.to_string(),
            char if hides(char) => code_point(char),
            char => char.to_string(),
        };
        length += visible.chars().count();
        if length > limit {
            if shown.chars().count() >= limit {
                shown.pop();
            }
            shown.push('…');
            break;
        }
        shown.push_str(&visible);
    }
    shown
}

/// One word of a POSIX shell. An object key of `x; rm -rf ~` must not become a command.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@=+,%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let word: String = word.chars().filter(|c| !hides(*c)).collect();
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_and_json_stays() {
        let value = |name: &str| (name == "bucket").then(|| "crls".to_owned());
        let json = r#"--bucket {bucket} '{"Rules":[{}]}' {Not} {"#;
        assert_eq!(fill(json, value).unwrap(), r#"--bucket crls '{"Rules":[{}]}' {Not} {"#);
        assert_eq!(fill("{bucket}{key}", value), Err("key".to_owned()));
    }

    #[test]
    fn a_command_has_no_part_that_a_stranger_wrote() {
        assert_eq!(quoted("crl/1.crl"), "crl/1.crl");
        assert_eq!(quoted("x; rm -rf ~"), "'x; rm -rf ~'");
        assert_eq!(quoted("$(id)'`"), r"'$(id)'\''`'");
        assert_eq!(quoted("a\nb"), "'ab'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn what_hides_is_shown_by_its_code_point() {
        assert_eq!(plain("a\u{202e}b\u{2028}\u{7}é", 99), "a⟨U+202E⟩b⟨U+2028⟩\u{fffd}é");
        assert_eq!(plain("abcdef", 6), "abcdef");
        assert_eq!(plain("abcdefg", 6), "abcde…");
        assert_eq!(plain("ab\u{202e}", 6), "ab…");
        assert_eq!(quoted("a\u{202e} b"), "'a b'");
    }

    #[test]
    fn long_values_are_cut_and_controls_are_shown() {
        assert_eq!(plain("abc", 3), "abc");
        assert_eq!(plain("abcd", 3), "ab…");
        assert_eq!(plain("a\u{1b}[31m", 9), "a\u{fffd}[31m");
    }
}
