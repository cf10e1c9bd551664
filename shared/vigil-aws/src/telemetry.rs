//! Logs: one JSON object per line on stdout, where Lambda picks them up.

use tracing_subscriber::EnvFilter;

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
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(EnvFilter::new(filter));
    // Refused only where a test harness has set a subscriber before us, which then serves.
    let _ = subscriber.try_init();
    Ok(())
}

/// The SDK and its HTTP stack speak up only when asked for everything: their DEBUG shows whole
/// requests.
fn filter(level: &str) -> Option<&'static str> {
    match level.to_ascii_uppercase().as_str() {
        "TRACE" => Some("trace"),
        "DEBUG" => Some("info,vigil_aws=debug,vigil_core=debug"),
        "INFO" => Some("info"),
        "WARN" => Some("warn"),
        "ERROR" | "FATAL" => Some("error"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_levels_are_known_in_any_case_and_no_others() {
        for level in ["trace", "Debug", "INFO", "WARN", "ERROR", "FATAL"] {
            assert!(filter(level).is_some(), "{level}");
        }
        assert!(filter("verbose").is_none());
    }
}
