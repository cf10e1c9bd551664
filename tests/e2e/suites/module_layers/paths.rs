//! The paths that a source uses, as segments from the crate's root: those in `use` and those in
//! code that begin with `crate`, `super` or `self`.

use crate::tokens::tokens;

/// What a file uses of its own crate, less what only its tests use. `module` is the file's own
/// path; inline modules have theirs below it.
pub(crate) fn used_paths(module: &[String], text: &str) -> Vec<Vec<String>> {
    let tokens = without_tests(&tokens(text));
    let mut found = Vec::new();
    // Each inline module with the depth of braces at which it ends.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |ahead: usize| tokens.get(at + ahead).map_or("", String::as_str);
        match token.as_str() {
            "mod" if next(2) == "{" => {
                inline.push((next(1).to_owned(), depth));
                depth += 1;
                at += 3;
                continue;
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last().is_some_and(|(_, end)| *end == depth) {
                    inline.pop();
                }
            }
            "crate" | "self" | "super" if next(1) == "::" => {
                let inner = inline.iter().map(|(name, _)| name);
                let here: Vec<String> = module.iter().chain(inner).cloned().collect();
                at = tree(&tokens, at, Vec::new(), &here, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads a path, or a tree of paths, from `at` on. Returns where it ends.
fn tree(
    tokens: &[String],
    mut at: usize,
    mut before: Vec<String>,
    here: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    let is_comma = tokens[at] == ",";
                    at = if is_comma {
                        at + 1
                    } else {
                        tree(tokens, at, before.clone(), here, found)
                    };
                }
                return at + 1;
            }
            name if is_name(name) || name == "*" => before.push(name.to_owned()),
            // Nothing of a path: an end where there should have been a name.
            _ => return at + 1,
        }
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            break;
        }
        at += 1;
    }
    found.extend(resolve(&before, here));
    if tokens.get(at).is_some_and(|token| token == "as") { at + 2 } else { at }
}

/// The path from the root; `None` if it names the module itself only.
fn resolve(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let mut base = here.to_vec();
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => drop(base.pop()),
            _ => break,
        }
        rest = others;
    }
    base.extend(rest.iter().filter(|name| *name != "self" && *name != "*").cloned());
    (!base.is_empty() && base != here).then_some(base)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Leaves out each item under `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().take(MARK.len()).eq(MARK.iter()) {
            at = item_end(tokens, at + MARK.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Behind the item at `at`: its semicolon, or the brace that closes its body.
fn item_end(tokens: &[String], mut at: usize) -> usize {
    let is_use = tokens[at..].iter().take_while(|token| *token != ";" && *token != "{");
    let is_use = is_use.into_iter().any(|token| token == "use");
    let mut depth = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        let is_body = token == "}" && !is_use;
        if depth == 0 && (token == ";" || is_body) {
            break;
        }
    }
    at
}
