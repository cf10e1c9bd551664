//! Characters that a reader does not see, or that change the order in which others are read.

/// Whether a reader does not see the character, or reads others in another order because of it.
///
/// Controls; soft hyphen; marks, embeddings, overrides and isolates (Unicode Standard Annex #9);
/// characters without width; separators of lines; variation selectors, musical format controls and tags.
pub fn hides(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
            | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The character's code point, `⟨U+202E⟩`.
pub fn code_point(char: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(char))
}
