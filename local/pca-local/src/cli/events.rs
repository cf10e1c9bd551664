//! `--events…`: where the service's events go.

use std::path::Path;

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
    pub(crate) async fn open(&self) -> Result<Vec<EventQueue>, String> {
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
