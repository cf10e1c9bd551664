//! Logs: one JSON object per line on stdout, where Lambda picks them up.

use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{self, ConfigError};

/// A level that Lambda's LoggingConfig does not have.
#[derive(Debug, thiserror::Error)]
#[error("the levels are TRACE, DEBUG, INFO, WARN, ERROR and FATAL")]
pub struct NotALevel;

/// Sets up logging for the whole process. Called once, first of all.
///
/// # Errors
///
/// [`ConfigError`] if the log level is not one of Lambda's.
pub fn init() -> Result<(), ConfigError> {
    let level = config::LOG_LEVEL.read()?;
    let filter = filter(&level).ok_or_else(|| ConfigError::Bad {
        name: config::LOG_LEVEL.name,
        meaning: config::LOG_LEVEL.meaning,
        value: level,
        cause: Box::new(NotALevel),
    })?;
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Refused only where a test harness has set a subscriber before us, which then serves.
    let _ = subscriber.try_init();
    Ok(())
}

/// The SDK and its HTTP stack speak up only when asked for everything: their DEBUG shows whole
/// requests.
///
/// Not an `EnvFilter`: it has a parser of regular expressions, which would be 2 % of a function.
fn filter(level: &str) -> Option<Targets> {
    let all = |level: LevelFilter| Some(Targets::new().with_default(level));
    match level.to_ascii_uppercase().as_str() {
        "TRACE" => all(LevelFilter::TRACE),
        "DEBUG" => all(LevelFilter::INFO).map(|targets| {
            targets
                .with_target("vigil_aws", LevelFilter::DEBUG)
                .with_target("vigil_core", LevelFilter::DEBUG)
        }),
        "INFO" => all(LevelFilter::INFO),
        "WARN" => all(LevelFilter::WARN),
        "ERROR" | "FATAL" => all(LevelFilter::ERROR),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn lambdas_levels_are_known_in_any_case_and_no_others() {
        for level in ["trace", "Debug", "INFO", "WARN", "ERROR", "FATAL"] {
            assert!(filter(level).is_some(), "{level}");
        }
        assert!(filter("verbose").is_none());
    }

    #[test]
    fn at_debug_the_sdk_says_no_more_than_at_info() {
        let shows =
            |level: &str, target: &str, of| filter(level).unwrap().would_enable(target, &of);
        assert!(shows("DEBUG", "vigil_core::jobs", Level::DEBUG));
        assert!(shows("DEBUG", "aws_smithy_runtime", Level::INFO));
        assert!(!shows("DEBUG", "aws_smithy_runtime", Level::DEBUG));
        assert!(!shows("INFO", "vigil_core::jobs", Level::DEBUG));
        assert!(shows("TRACE", "hyper", Level::TRACE));
        assert!(!shows("FATAL", "vigil_core", Level::WARN));
    }
}
