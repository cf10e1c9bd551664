//! What a rule can find, in words, before there is a finding.

use super::Severity;

/// What a rule says of itself: the entry of the rule catalogue.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// `<area>.<rule>`. Findings carry it, and event patterns filter on it.
    pub id: &'static str,
    /// What must hold, as one sentence.
    pub holds: &'static str,
    /// The RFC section or AWS page that says so.
    pub cites: &'static str,
    /// All that the rule can find.
    pub kinds: &'static [Kind],
}

/// One thing that a rule can find.
///
/// All texts but `id` are templates. `{name}` stands for the evidence, or the name, of that name:
/// `{ca}`, `{arn}`, `{bucket}`. The rule catalogue shows the templates as they are.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// As `kind` of a finding's evidence has it; unique in its rule.
    pub id: &'static str,
    /// The severity of every finding of this kind.
    pub severity: Severity,
    /// Who did what to which CA. With the names filled in, fewer than 100 characters.
    pub title: &'static str,
    /// What happened, with the time and the principal where they are known.
    pub what_happened: &'static str,
    /// What fails, for whom and from when.
    pub impact: &'static str,
    /// What to do, in sentences; `first_command` follows on a line of its own.
    pub what_to_do: &'static str,
    /// The first command to paste. Names are quoted for the shell where they need it. Further lines may
    /// follow, as in `what_to_do`: commands are indented by two spaces.
    pub first_command: &'static str,
}
