//! That the check finds what it is for.

use super::{Others, Source, circles, upward_uses, without_tests};

const FLOORS: &[&str] = &["low", "high"];

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let source = |(module, text): &(&str, &str)| Source {
        module: module.split("::").map(str::to_owned).collect(),
        text: (*text).to_owned(),
    };
    files.iter().map(source).collect()
}

fn upward(module: &str, text: &str) -> Vec<String> {
    let sources = sources(&[("low", ""), ("high", ""), (module, text)]);
    upward_uses(FLOORS, Others::Above, &sources)
}

#[test]
fn modules_below_all_floors_use_no_floor() {
    let found = |module: &str, text: &str| {
        let sources = sources(&[("low", ""), ("plain", ""), ("high", ""), (module, text)]);
        upward_uses(FLOORS, Others::Below, &sources)
    };
    assert_eq!(found("plain::inner", "use crate::low::Thing;"), ["plain::inner uses low::Thing"]);
    assert_eq!(found("low::inner", "use crate::plain::Thing;"), Vec::<String>::new());
    assert_eq!(found("low::inner", "use crate::Thing;"), ["low::inner uses Thing"]);
}

#[test]
fn modules_that_are_declared_for_tests_are_left_out() {
    let parent = "#[cfg(test)]\nmod interleavings;\nmod run;\n#[cfg(test)]\npub(crate) mod checks;";
    let sources = sources(&[
        ("jobs", parent),
        ("jobs::interleavings", ""),
        ("jobs::interleavings::step", ""),
        ("jobs::run", ""),
        ("jobs::checks", ""),
        ("interleavings", ""),
    ]);
    let left: Vec<_> = without_tests(sources).iter().map(|one| one.module.join("::")).collect();
    assert_eq!(left, ["jobs", "jobs::run", "interleavings"]);
}

#[test]
fn an_upward_use_is_found_however_it_is_written() {
    for (text, used) in [
        ("use crate::high::Thing;", "high::Thing"),
        ("use crate::{low::a, high::{self, b as c}};", "high"),
        ("fn f() { crate::high::g() }", "high::g"),
        ("use super::super::high::Thing;", "high::Thing"),
        ("mod inline { use super::super::super::high::Thing; }", "high::Thing"),
        ("use crate::Thing;", "Thing"),
        ("use crate::other::Thing;", "other::Thing"),
        ("fn f() { let c = '\"'; crate::high::g() }", "high::g"),
        ("pub(crate) use crate::high::*;", "high"),
    ] {
        let found = upward("low::inner", text);
        assert!(found.contains(&format!("low::inner uses {used}")), "{text}: {found:?}");
    }
}

#[test]
fn downward_uses_tests_comments_and_strings_are_free() {
    for text in [
        "use crate::low::Thing; use super::other; use std::fmt;",
        "// crate::high::g()\n/* crate::high /* nested */ ::h */",
        "const TEXT: &str = \"crate::high::g\"; const RAW: &str = r#\"\"crate::high\"#;",
        "#[cfg(test)]\nmod tests { use crate::high::Thing; }",
        "#[cfg(test)]\nuse crate::{high::{a, b}};\nfn f() {}",
        "#[cfg(test)]\n#[path = \"x.rs\"]\nmod support;",
    ] {
        assert_eq!(upward("low::inner", text), Vec::<String>::new(), "{text}");
    }
    let found = upward("low::inner", "#[cfg(test)] mod tests {} use crate::high::Thing;");
    assert_eq!(found, ["low::inner uses high::Thing"], "what stands behind a test is code");
    assert_eq!(upward("high::inner", "use crate::low::Thing;"), Vec::<String>::new());
    assert_eq!(upward("other", "use crate::high::Thing;"), Vec::<String>::new(), "on top of all");
}

#[test]
fn a_circle_between_modules_of_a_folder_is_found() {
    let found = circles(&sources(&[
        ("low", "mod a; mod b; mod c;"),
        ("low::a", "use super::b::B;"),
        ("low::b", ""),
        ("low::b::inner", "use crate::low::c::C;"),
        ("low::c", "fn f() { crate::low::a::g() }"),
    ]));
    assert_eq!(found, ["crate::low: a -> b -> c -> a"]);
}

#[test]
fn a_module_and_what_is_inside_it_form_no_circle() {
    let found = circles(&sources(&[
        ("low", "mod a; pub(crate) use self::a::A;"),
        ("low::a", "use super::Thing; use crate::low::b::B;"),
        ("low::b", "use super::Thing;"),
    ]));
    assert_eq!(found, Vec::<String>::new());
}
