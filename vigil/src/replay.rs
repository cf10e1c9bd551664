//! `vigil replay`: hands dead letters back to their functions.

use clap::Args;
use vigil_aws::clients::Clients;
use vigil_core::jobs::replay::{self, DeadLetters as _};

use crate::{
    exit::{Answer, Exit},
    output::line,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The dead-letter queue, by its name or URL.
    #[arg(value_name = "QUEUE")]
    queue: String,
    /// Say what would be done, and leave the messages in the queue. They stay hidden for a minute: wait that long before
    /// the real run.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(options: &Options) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(hand_back(options))
}

async fn hand_back(options: &Options) -> Answer {
    let queue = Clients::load().await.dead_letters(&options.queue).await?;
    let done = replay::run(&queue, !options.dry_run).await?;
    if done.is_empty() {
        let hidden = queue.hidden().await?;
        if hidden > 0 {
            let are = if hidden == 1 { "message is" } else { "messages are" };
            let by = "by a dry run of the last minute, or by another receiver";
            line(&format!("{hidden} {are} hidden {by}: try again in a minute"));
            return Ok(Exit::NotChecked);
        }
    }
    let verb = if options.dry_run { "would go to" } else { "went to" };
    let mut kept = 0;
    for letter in &done {
        match &letter.outcome {
            Ok(function) => line(&format!("{} {verb} {function}", letter.id)),
            Err(why) => {
                kept += 1;
                line(&format!("{} stays in the queue: {why}", letter.id));
            }
        }
    }
    line(&format!("{} of {} messages {verb} their function", done.len() - kept, done.len()));
    Ok(if kept > 0 { Exit::Findings } else { Exit::Clean })
}
