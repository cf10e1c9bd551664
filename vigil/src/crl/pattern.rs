//! File names with `*` and `?`: a shell expands them, but not where they are quoted, as action.yml does.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files that the last part of the path matches, sorted; none if there is no pattern in it. As in a
/// shell, a hidden file is matched by its dot only.
pub(super) fn expanded(path: &Path) -> Vec<PathBuf> {
    let Some(pattern) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    if !pattern.contains(['*', '?']) {
        return Vec::new();
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    let folder = if parent == Path::new("") { Path::new(".") } else { parent };
    // That nothing is found is said of the pattern itself.
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_hidden = |name: &str| name.starts_with('.') && !pattern.starts_with('.');
    let matching = names.filter(|name| !is_hidden(name) && matches(pattern, name));
    let mut paths: Vec<_> = matching.map(|name| parent.join(name)).collect();
    paths.sort();
    paths
}

/// `*` is any text, `?` any character.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut from) = (0, 0);
    // The last star, and where the name goes on behind what it has matched so far.
    let mut star = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, matched)) = star else { return false };
                star = Some((place, matched + 1));
                (at, from) = (place + 1, matched + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_a_character() {
        for (pattern, name, want) in [
            ("cle*.crl", "clean.crl", true),
            ("cle*.crl", "cle.crl", true),
            ("cle*.crl", "clean.crl.pem", false),
            ("*", "a", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xbxa", false),
            ("?.crl", "ü.crl", true),
            ("?.crl", ".crl", false),
            ("a**", "a", true),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }
}
