//! What the commands write: lines and JSON that no field of an event, CRL or policy can forge.

use std::io::{self, Write};

/// One line of text. The authors of events, CRLs and policies chose some of its characters: a
/// terminal obeys control characters, a line feed forges a line, and bidirectional controls change
/// the order in which a line is read. Each becomes U+FFFD.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if is_deceptive(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON with such characters escaped: they stand in strings only, apart from the layout's line feeds.
pub(crate) fn plain_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => text.push('\n'),
            c if is_deceptive(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// Control characters; and marks, embeddings, overrides, isolates (Unicode Standard Annex #9, §2)
/// and the separators of lines and paragraphs.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
}

/// Ignores a closed output: `vigil … | head` is no error.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", plain(text));
}

/// A JSON value over several lines.
pub(crate) fn json(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", plain_json(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_moves_the_cursor_or_the_reading_order() {
        let hostile =
            "a\nb\r\u{1b}[2J\u{7}\u{9b}\u{202e}c\u{2066}\u{200f}\u{61c}\u{2028}é日\u{1f512}";
        let text = plain(hostile);
        assert_eq!(
            text,
            "a\u{fffd}b\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}c\u{fffd}\u{fffd}\u{fffd}\u{fffd}é日\u{1f512}"
        );
        let value = serde_json::Value::from(hostile);
        let json = plain_json(&serde_json::to_string_pretty(&[&value]).unwrap());
        assert!(json.chars().all(|c| c == '\n' || !is_deceptive(c)), "{json}");
        assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).unwrap(), [value]);
    }
}
