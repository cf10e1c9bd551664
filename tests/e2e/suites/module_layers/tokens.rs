//! The words and signs of a Rust source, without comments and without what is in quotes.

/// Names, `::` as one sign, and each other sign by itself.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (here, next) = (chars[at], chars.get(at + 1).copied());
        at = match (here, next) {
            ('/', Some('/')) => until(&chars, at, |c| c == '\n'),
            ('/', Some('*')) => block_comment_end(&chars, at),
            ('r', Some('"' | '#')) if raw_string_end(&chars, at).is_some() => {
                raw_string_end(&chars, at).unwrap_or(chars.len())
            }
            ('"', _) => quote_end(&chars, at, '"'),
            ('\'', Some('\\')) => quote_end(&chars, at, '\''),
            ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => at + 3,
            (':', Some(':')) => {
                found.push("::".to_owned());
                at + 2
            }
            (c, _) if c.is_alphanumeric() || c == '_' => {
                let end = until(&chars, at, |c| !c.is_alphanumeric() && c != '_');
                found.push(chars[at..end].iter().collect());
                end
            }
            (c, _) => {
                if !c.is_whitespace() {
                    found.push(c.to_string());
                }
                at + 1
            }
        };
    }
    found
}

fn until(chars: &[char], from: usize, is_end: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&at| is_end(chars[at])).unwrap_or(chars.len())
}

/// Block comments nest.
fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut at = from;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// A backslash takes the sign behind it along.
fn quote_end(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// `r"…"` and `r#"…"#`; `None` for a raw name such as `r#type`.
fn raw_string_end(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    (chars.get(open) == Some(&'"')).then(|| {
        let ends = (open + 1..chars.len()).find(|&at| chars[at..].starts_with(&close));
        ends.map_or(chars.len(), |at| at + close.len())
    })
}
