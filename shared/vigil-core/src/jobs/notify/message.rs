//! The texts of one message, by the protocol on which SNS delivers them.

use serde_json::{Map, Value, json};

use crate::{
    finding::{APPROVER_KEY, EVIDENCE_BUCKET, Finding, REPORT_BUCKET, Status},
    instant::rfc3339,
};

/// SNS takes subjects of fewer than 100 characters (API reference, Publish).
pub const MAX_SUBJECT: usize = 99;

/// SNS takes messages of at most 256 KiB (API reference, Publish).
const MAX_MESSAGE: usize = 256 * 1024;

/// A finding as it is published.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The subject of a mail: ASCII without control characters.
    pub subject: String,
    /// For email, by SMTP.
    pub email: String,
    /// One line.
    pub sms: String,
    /// A custom notification of Amazon Q Developer, which subscribes by HTTPS.
    pub chat: Value,
    /// The finding itself, for programs.
    pub finding: Value,
}

/// What commands need, and findings do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The name of the evidence bucket, where the record of a case lies.
    pub evidence_bucket: String,
    /// The name of the bucket to which ACM PCA writes audit reports, if it is known.
    pub report_bucket: Option<String>,
    /// The ARN of the first approvers' key, if the stack names one.
    pub approver_key: Option<String>,
}

impl Message {
    /// The texts, with commands that can be pasted where this stack is.
    pub fn new(finding: &Finding, deployment: &Deployment) -> Self {
        let subject = subject(finding);
        let shown =
            Finding { what_to_do: deployment.fill_in(&finding.what_to_do), ..finding.clone() };
        let evidence_bucket = &deployment.evidence_bucket;
        let record = finding.evidence.get("case").and_then(Value::as_str);
        let record = record.map(|key| format!("s3://{evidence_bucket}/{key}"));
        Self {
            email: email(&shown, record.as_deref()),
            sms: subject.clone(),
            chat: chat(&shown, record.as_deref()),
            finding: json!(finding),
            subject,
        }
    }

    /// The `Message` of a Publish call with `MessageStructure` `json`: a text for each protocol.
    ///
    /// SNS counts all texts together. If they exceed its limit, the evidence is left out.
    pub fn body(&self) -> String {
        let body = self.body_with(&self.finding);
        if body.len() <= MAX_MESSAGE {
            return body;
        }
        let mut brief = self.finding.clone();
        brief["evidence"] = json!({"left_out": "the message would be too long"});
        self.body_with(&brief)
    }

    fn body_with(&self, finding: &Value) -> String {
        let finding = finding.to_string();
        json!({
            "default": finding,
            "email": self.email,
            "sms": self.sms,
            "https": self.chat.to_string(),
        })
        .to_string()
    }
}

impl Deployment {
    /// Completes commands, which stand on indented lines. Without an approvers' key no signature counts,
    /// so the text says so.
    pub(crate) fn fill_in(&self, what_to_do: &str) -> String {
        let line = |line: &str| match line.starts_with("  ") {
            true => self.command(line),
            false => line.to_owned(),
        };
        let mut text = what_to_do.lines().map(line).collect::<Vec<_>>().join("\n");
        if text.contains(APPROVER_KEY) {
            text.push_str(NO_APPROVERS);
        }
        text
    }

    fn command(&self, line: &str) -> String {
        let line = line.replace(EVIDENCE_BUCKET, &self.evidence_bucket);
        let known = [(REPORT_BUCKET, &self.report_bucket), (APPROVER_KEY, &self.approver_key)];
        known.into_iter().fold(line, |line, (name, value)| match value {
            Some(value) => line.replace(name, value),
            None => line,
        })
    }
}

const NO_APPROVERS: &str = "\nThe stack names no approvers, so no signature counts. Name them in its parameter Approvers first; \
     its output ApproverKeyArn is then the APPROVER-KEY.";

/// `[CRITICAL] …`, or `[RESOLVED CRITICAL] …` when it is over.
fn subject(finding: &Finding) -> String {
    let label = finding.severity.label();
    let over = if finding.status == Status::Resolved { "RESOLVED " } else { "" };
    let text = format!("[{over}{label}] {}", finding.title);
    let ascii: String = text.chars().map(printable).collect();
    if ascii.len() <= MAX_SUBJECT {
        return ascii;
    }
    format!("{}...", ascii[..MAX_SUBJECT - 3].trim_end())
}

fn printable(c: char) -> char {
    match c {
        ' '..='~' => c,
        c if c.is_control() || c.is_whitespace() => ' ',
        _ => '?',
    }
}

fn email(finding: &Finding, record: Option<&str>) -> String {
    let (over, time) = if finding.status == Status::Resolved {
        ("This finding is resolved. The text below is that of the finding.\n\n", "Resolved at")
    } else {
        ("", "Seen at  ")
    };
    let mut text = format!(
        "{over}{} {}\n\nWHAT HAPPENED\n{}\n\nIMPACT\n{}\n\nWHAT TO DO\n{}\n\nWHY\n{}\n\n",
        finding.severity.label(),
        finding.title,
        finding.what_happened,
        finding.impact,
        finding.what_to_do,
        finding.why,
    );
    let record = record.map(|record| format!("Record    {record}\n")).unwrap_or_default();
    text.push_str(&record);
    text.push_str(&format!(
        "Resource  {}\nRule      {}\n{time} {}\nFinding   {}\n",
        finding.resource,
        finding.rule,
        rfc3339(finding.as_of),
        finding.id,
    ));
    text
}

/// Amazon Q Developer in chat applications, administrator guide, "Custom notifications": schema
/// version 1.0, written from memory and not compared with the page (docs/deploying.md). Messages of
/// one thread id are one thread, so the end of a finding follows it.
fn chat(finding: &Finding, record: Option<&str>) -> Value {
    let description =
        format!("*What happened:* {}\n*Impact:* {}", finding.what_happened, finding.impact);
    let mut context = Map::from_iter([
        ("finding".to_owned(), json!(finding.id)),
        ("rule".to_owned(), json!(finding.rule)),
        ("severity".to_owned(), json!(finding.severity)),
        ("status".to_owned(), json!(finding.status)),
    ]);
    if let Some(record) = record {
        context.insert("record".to_owned(), json!(record));
    }
    json!({
        "version": "1.0",
        "source": "custom",
        "id": format!("{}-{}", finding.id, finding.as_of.unix_timestamp()),
        "content": {
            "textType": "client-markdown",
            "title": subject(finding),
            "description": description,
            "nextSteps": next_steps(&finding.what_to_do),
            "keywords": [finding.severity.label(), finding.rule],
        },
        "metadata": {
            "threadId": finding.id,
            "summary": finding.title,
            "eventType": finding.rule,
            "relatedResources": [finding.resource],
            "additionalContext": context,
        },
    })
}

/// What to do, line by line. Commands stand on indented lines of their own.
fn next_steps(what_to_do: &str) -> Vec<String> {
    let lines = what_to_do.lines().filter(|line| !line.trim().is_empty());
    let step = |line: &str| match line.strip_prefix("  ") {
        Some(command) => format!("`{}`", command.trim()),
        None => line.to_owned(),
    };
    lines.map(step).collect()
}
