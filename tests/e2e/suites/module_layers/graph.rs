//! Circles in a small graph.

use std::collections::{BTreeMap, BTreeSet};

/// Which name uses which.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

/// The names of one circle, the first repeated at the end; `None` if there is none.
pub(crate) fn circle(graph: &Graph) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| follow(graph, start, &mut Vec::new(), &mut done))
}

fn follow<'a>(
    graph: &'a Graph,
    name: &'a str,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|earlier| *earlier == name) {
        return Some(way[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect());
    }
    if done.contains(name) {
        return None;
    }
    way.push(name);
    let found = graph
        .get(name)
        .and_then(|used| used.iter().find_map(|used| follow(graph, used, way, done)));
    way.pop();
    done.insert(name);
    found
}
