//! What the commands write: lines and JSON that no field of an event, CRL or policy can forge.

use std::io::{self, Write};

use vigil_page::hides;

/// One line of text. The authors of events, CRLs and policies chose some of its characters: a
/// terminal obeys control characters, a line feed forges a line, bidirectional controls change the
/// order in which a line is read, and two names can differ in an invisible character alone. Each
/// becomes its code point, as on the page.
pub(crate) fn plain(text: &str) -> String {
    shown(text, |_| false)
}

/// The same for a cell of CSV, in which line ends and tabs are text.
pub(crate) fn plain_cell(text: &str) -> String {
    shown(text, |c| matches!(c, '\n' | '\r' | '\t'))
}

fn shown(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) && !is_kept(c) {
            shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// JSON with such characters escaped: they stand in strings only, apart from the layout's line feeds.
pub(crate) fn plain_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => text.push('\n'),
            c if hides(c) => {
                // RFC 8259 §7: two escapes for a character beyond U+FFFF.
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => text.push(c),
        }
    }
    text
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
            "a⟨U+000A⟩b⟨U+000D⟩⟨U+001B⟩[2J⟨U+0007⟩⟨U+009B⟩⟨U+202E⟩c⟨U+2066⟩⟨U+200F⟩⟨U+061C⟩⟨U+2028⟩é日\u{1f512}"
        );
        assert_eq!(plain(&text), text, "once is enough");
    }

    #[test]
    fn an_invisible_character_is_shown_and_stays_in_json() {
        let hostile = "a\u{200b}b\u{feff}c\u{e0041}\u{202e}\u{1b}";
        assert_eq!(plain(hostile), "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+E0041⟩⟨U+202E⟩⟨U+001B⟩");
        let value = serde_json::Value::from(hostile);
        let json = plain_json(&serde_json::to_string_pretty(&[&value]).unwrap());
        assert!(json.chars().all(|c| c == '\n' || !hides(c)), "{json}");
        assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).unwrap(), [value]);
    }
}
