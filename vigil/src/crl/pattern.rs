//! File names with `*` and `?`: a shell expands them, but not where they are quoted, as action.yml does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use iam_policy::wildcard::Wildcard;

/// The files that the last part of the path matches, sorted; none if there is no pattern in it. As in a
/// shell, a hidden file is matched by its dot only.
pub(super) fn expanded(path: &Path) -> Vec<PathBuf> {
    let Some(pattern) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    if !pattern.contains(['*', '?']) {
        return Vec::new();
    }
    let wanted = Wildcard::iam(pattern);
    let parent = path.parent().unwrap_or(Path::new(""));
    let folder = if parent == Path::new("") { Path::new(".") } else { parent };
    // That nothing is found is said of the pattern itself.
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_hidden = |name: &str| name.starts_with('.') && !pattern.starts_with('.');
    let matching = names.filter(|name| !is_hidden(name) && wanted.fits(name));
    let mut paths: Vec<_> = matching.map(|name| parent.join(name)).collect();
    paths.sort();
    paths
}
