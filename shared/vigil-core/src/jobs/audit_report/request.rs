//! Requests one report, within the quota of ACM PCA.

use time::{Duration, OffsetDateTime};

use super::{
    AuditReportError, Ports, RequestResult, Settings, document, due::can_have_report,
    request_state::RequestState,
};
use crate::{
    arn::CaArn,
    evidence::keys,
    failure::chain,
    ports::{CreatedReport, PortError, TimeIsUp},
    rules::audit_report::Cause,
};

/// CreateCertificateAuthorityAuditReport may be called once a second (AWS General Reference, AWS
/// Private CA quotas); the tenth on top is for clocks that disagree.
pub(super) const INTERVAL: Duration = Duration::milliseconds(1100);

/// How the request for one report ended.
pub(super) enum Answer {
    /// It was made, or there was a reason not to make it.
    Done(RequestResult),
    /// ACM PCA refused it.
    Refused { cause: Cause, error: String },
    /// Something else failed: it is not known whether a report can be made.
    Failed(String),
    /// The invocation ends first.
    NoTime,
}

/// Waits for `pace` first, and after throttling, twice as long each time, while the invocation has time.
/// The attempt is on record before the call, and its answer before anything is made of it.
pub(super) async fn request(
    ports: &Ports<'_>,
    settings: &Settings,
    ca: &CaArn,
    now: OffsetDateTime,
    pace: Duration,
) -> Answer {
    let mut pause = pace;
    if let Err(TimeIsUp) = ports.pace.pause(pause).await {
        return Answer::NoTime;
    }
    if let Err(error) = note(ports, ca, |state| state.attempt(now)).await {
        return Answer::Failed(chain(&error));
    }
    let error = loop {
        match ports.audit_reports.create(ca, &settings.report_bucket).await {
            Ok(CreatedReport::Created { report, key }) => {
                return match note(ports, ca, |state| state.requested(&report, now)).await {
                    Ok(()) => Answer::Done(RequestResult::Requested { report, key }),
                    Err(error) => Answer::Failed(chain(&error)),
                };
            }
            // Another caller requested one: its event has it summarised as well.
            Ok(CreatedReport::TooSoon { reason }) => {
                return answered(ports, ca, now, skipped(format!("{TOO_SOON}: {reason}"))).await;
            }
            Err(PortError::NotFound { .. }) => {
                return answered(ports, ca, now, skipped(CHANGED.to_owned())).await;
            }
            Err(PortError::Throttled { .. }) => {
                pause = INTERVAL.max(pause * 2);
                if let Err(TimeIsUp) = ports.pace.pause(pause).await {
                    return answered(ports, ca, now, Answer::NoTime).await;
                }
            }
            Err(error) => break error,
        }
    };
    match refused(ports, settings, (ca, now), error).await {
        // It is not known what became of the request.
        Answer::Failed(reason) => Answer::Failed(reason),
        answer => answered(ports, ca, now, answer).await,
    }
}

/// The answer, once it is on record that there was one.
async fn answered(
    ports: &Ports<'_>,
    ca: &CaArn,
    attempt: OffsetDateTime,
    answer: Answer,
) -> Answer {
    match note(ports, ca, |state| state.answered(attempt)).await {
        Ok(()) => answer,
        Err(error) => Answer::Failed(chain(&error)),
    }
}

const TOO_SOON: &str = "a report was requested less than 30 minutes ago, or is being made";
const CHANGED: &str = "it changed its state since it was listed";

fn skipped(reason: String) -> Answer {
    Answer::Done(RequestResult::Skipped { reason })
}

/// Finds the cause: in the answer, or in the settings of the bucket.
async fn refused(
    ports: &Ports<'_>,
    settings: &Settings,
    (ca, now): (&CaArn, OffsetDateTime),
    error: PortError,
) -> Answer {
    let text = chain(&error);
    let cause = match cause_of_answer(&error, &text) {
        // It may have been deleted since it was listed.
        Some(Cause::State) => match ports.authorities.describe(ca).await {
            Ok(described) if can_have_report(&described.ca) => Cause::State,
            Ok(_) | Err(PortError::NotFound { .. }) => return skipped(CHANGED.to_owned()),
            Err(error) => return Answer::Failed(chain(&error)),
        },
        Some(cause) => cause,
        None if is_refusal(&text) => {
            Cause::of_bucket(ports.buckets.facts(&settings.report_bucket).await, ca, now)
        }
        None => return Answer::Failed(text),
    };
    Answer::Refused { cause, error: text }
}

/// The cause that the answer itself names; `None`: one of the bucket's, or none that is known. How the
/// service says that a CA has too many certificates is not documented: the number is searched for.
fn cause_of_answer(error: &PortError, text: &str) -> Option<Cause> {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match error {
        _ if says(&["100 million", "100,000,000", "100000000"]) => Some(Cause::TooManyCertificates),
        _ if says(&["LimitExceeded", "ServiceQuotaExceeded"]) => Some(Cause::Quota),
        PortError::Denied { .. } => Some(Cause::Iam),
        PortError::InvalidState { .. } => Some(Cause::State),
        _ => None,
    }
}

/// Whether the service has judged the request; a connection that broke is no refusal. The errors are
/// those of the API reference, and the ValidationException with which it names a bucket.
fn is_refusal(text: &str) -> bool {
    ["ValidationException", "InvalidArgsException", "InvalidArnException", "RequestFailedException"]
        .iter()
        .any(|code| text.contains(code))
}

/// Changes what is on record of the CA's reports.
pub(super) async fn note(
    ports: &Ports<'_>,
    ca: &CaArn,
    change: impl Fn(&mut RequestState),
) -> Result<(), AuditReportError> {
    let key = keys::requested_reports(ca.id());
    document::update(ports.evidence, &key, change).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::denied;

    #[test]
    fn the_answer_names_what_is_not_the_buckets() {
        let other = |cause: &str| PortError::Other {
            operation: "Create",
            resource: "ca".to_owned(),
            cause: cause.to_owned().into(),
        };
        let invalid = PortError::InvalidState {
            operation: "Create",
            resource: "ca".to_owned(),
            cause: "state".into(),
        };
        for (error, cause) in [
            (denied("Create"), Some(Cause::Iam)),
            (invalid, Some(Cause::State)),
            (other("LimitExceededException: too many"), Some(Cause::Quota)),
            (other("RequestFailedException: over 100 million"), Some(Cause::TooManyCertificates)),
            (other("ValidationException: Permission error with your S3 bucket 'b'."), None),
        ] {
            let text = chain(&error);
            assert_eq!(cause_of_answer(&error, &text), cause, "{text}");
        }
    }
}
