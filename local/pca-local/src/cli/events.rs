//! `--events…`: where the service's events go.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_eventbridge::config::{ProvideCredentials as _, SharedCredentialsProvider};
use pca_local::{EventBridge, EventQueue, Lines};

#[derive(clap::Args)]
#[command(next_help_heading = "Events")]
pub(crate) struct EventOptions {
    /// Where events go, ACM PCA's own and CloudTrail's of calls that change something: `stdout`, a
    /// FILE that gets a line of JSON for each, or the URL of an EventBridge endpoint. Can be given
    /// several times. Events that cannot be delivered wait, 10,000 of them; what comes then is
    /// dropped, and the log says how much.
    #[arg(long, value_name = "stdout|FILE|URL")]
    events: Vec<String>,
    /// The bus of an EventBridge endpoint. Calls are signed with AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY if they are set, and else with the account of each event and the
    /// secret `local`.
    #[arg(long, value_name = "NAME|ARN", default_value = "default")]
    events_bus: String,
    /// The source of the events at an EventBridge endpoint, in place of `aws.acm-pca`: EventBridge
    /// takes sources that begin with `aws.` from AWS only.
    #[arg(long, value_name = "SOURCE")]
    events_source: Option<String>,
}

impl EventOptions {
    /// Before the data directory is: what would be written into it is refused.
    pub(crate) async fn open(&self, data_dir: Option<&Path>) -> Result<Vec<EventQueue>, String> {
        let mut queues = Vec::new();
        for destination in &self.events {
            queues.push(match destination.as_str() {
                "stdout" => EventQueue::to_lines(Lines::stdout()),
                url if url.starts_with("http://") || url.starts_with("https://") => {
                    EventQueue::to_event_bridge(self.event_bridge(url).await?)
                }
                url if url.contains("://") => {
                    return Err(format!("--events {url}: only http:// and https:// are spoken"));
                }
                file if data_dir.is_some_and(|data_dir| is_in(Path::new(file), data_dir)) => {
                    return Err(format!(
                        "--events {file} is in the data directory, whose files are pca-local's own: \
                         name a file somewhere else"
                    ));
                }
                file => {
                    EventQueue::to_lines(Lines::append_to(Path::new(file)).map_err(|error| {
                        format!("--events: {file} cannot be written to: {error}")
                    })?)
                }
            });
        }
        Ok(queues)
    }

    async fn event_bridge(&self, url: &str) -> Result<EventBridge, String> {
        url.parse::<http::Uri>().map_err(|error| format!("--events {url} is no URL: {error}"))?;
        let endpoint = EventBridge::new(url, &self.events_bus, self.events_source.clone());
        let environment = EnvironmentVariableCredentialsProvider::new();
        Ok(match environment.provide_credentials().await {
            Ok(_) => endpoint.credentials(SharedCredentialsProvider::new(environment)),
            Err(_) => endpoint,
        })
    }
}

/// Whether the file is in the directory or below it, or is one of its files under another name.
fn is_in(file: &Path, directory: &Path) -> bool {
    let directory_itself = followed(directory);
    // A link to what is not there yet would be made there.
    let target = fs::read_link(file).map(|target| file.with_file_name("").join(target));
    let target = followed(&target.unwrap_or_else(|_| file.to_owned()));
    if target.starts_with(&directory_itself) || followed(file).starts_with(&directory_itself) {
        return true;
    }
    let Ok(wanted) = fs::metadata(file) else { return false };
    let is_it = |entry: fs::DirEntry| {
        let found = entry.metadata();
        found.is_ok_and(|found| (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()))
    };
    fs::read_dir(directory).is_ok_and(|entries| entries.flatten().any(is_it))
}

/// Without symbolic links, as far as there is something.
fn followed(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|part| Some((part, fs::canonicalize(part).ok()?)));
    let Some((part, whole)) = existing else { return path };
    let rest = path.strip_prefix(part).unwrap_or(Path::new(""));
    // An empty rest would make a file's path end with a slash.
    if rest.as_os_str().is_empty() { whole } else { whole.join(rest) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_of_the_data_directory_is_known_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("data")).unwrap();
        fs::create_dir(at("logs")).unwrap();
        fs::write(at("data/state.db"), "").unwrap();
        symlink(at("data"), at("link")).unwrap();
        symlink(at("data/state.db"), at("logs/link")).unwrap();
        symlink("../data/not-yet", at("logs/dangling")).unwrap();
        fs::hard_link(at("data/state.db"), at("logs/hard")).unwrap();
        let inside = [
            "data/state.db",
            "data/lock",
            "data/new/events",
            "link/events",
            "logs/link",
            "logs/dangling",
            "logs/hard",
            "logs/../data/events",
            "data",
        ];
        for file in inside {
            assert!(is_in(&at(file), &at("data")), "{file}");
            assert!(is_in(&at(file), &at("link")), "{file}");
        }
        for file in ["events", "logs/events", "database", "data-2/events"] {
            assert!(!is_in(&at(file), &at("data")), "{file}");
        }
        assert!(is_in(&at("new/events"), &at("new")), "of a directory that is not made yet");
    }
}
