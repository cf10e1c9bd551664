//! Reads the reports once, or twice, and writes what was asked for.

use std::{
    io::{self, BufWriter, Stdout, Write},
    ops::ControlFlow,
};

use vigil_aws::clients::Clients;
use vigil_core::{
    audit_report::{BadRecord, Ending, Record},
    failure::chain,
};

use super::{
    CertificatesError, Options,
    count::Counter,
    exit,
    filter::Filter,
    newest::{self, Older},
    output::Output,
    row::Row,
    sort::Sorted,
    source::{self, Source, SourceError},
    successor::Latest,
};
use crate::{exit::Exit, moment::present, output::plain};

pub(super) async fn run(options: &Options) -> Result<Exit, CertificatesError> {
    let clients = Clients::load().await;
    let mut sources = source::all(options, &clients).await?;
    let mut unread = 0;
    if !options.all_reports {
        let chosen = newest::of_each_ca(sources, &clients).await?;
        unread += report_older(&chosen.older);
        sources = chosen.sources;
    }
    let latest = if options.filters.without_successor {
        Some(latest(&sources, &clients).await?)
    } else {
        None
    };
    let mut wanted = Wanted::new(options, latest);
    for source in &sources {
        if wanted.is_enough() {
            break;
        }
        match source.read(&clients, &mut |record| wanted.take(record)).await {
            Ok(ending) => {
                report_bad(&source.name(), &ending);
                unread += ending.lacks();
            }
            // One report that fails hides no other.
            Err(error) if sources.len() > 1 => {
                complain(&chain(&error));
                unread += 1;
            }
            Err(error) => {
                wanted.finish()?;
                return Err(error.into());
            }
        }
    }
    wanted.finish()?;
    if unread > 0 {
        let what = "records or reports could not be read, or whole parts of reports are missing";
        complain(&format!("exit code 2: {unread} {what}"));
    }
    Ok(exit(unread))
}

async fn latest(sources: &[Source], clients: &Clients) -> Result<Latest, SourceError> {
    if sources.contains(&Source::StandardInput) {
        return Err(SourceError::ReadTwice);
    }
    let mut latest = Latest::default();
    for source in sources {
        let mut take = |record: &Record<'_>| {
            latest.add(record);
            ControlFlow::Continue(())
        };
        source.read(clients, &mut take).await?;
    }
    Ok(latest)
}

struct Wanted<W> {
    filter: Filter,
    latest: Option<Latest>,
    counter: Option<Counter>,
    sorted: Option<Sorted>,
    left: usize,
    output: Output<W>,
}

impl Wanted<BufWriter<Stdout>> {
    fn new(options: &Options, latest: Option<Latest>) -> Self {
        let out = BufWriter::with_capacity(64 * 1024, io::stdout());
        let mut output = Output::new(options.format, out);
        if options.count_by.is_none() {
            output.head();
        } else {
            output.head_of_counts();
        }
        Self {
            filter: Filter::new(&options.filters, options.as_of.unwrap_or_else(present)),
            latest,
            counter: options.count_by.map(Counter::new),
            sorted: options.sort.map(|order| Sorted::new(order, options.limit)),
            left: options.limit.unwrap_or(usize::MAX),
            output,
        }
    }
}

impl<W: Write> Wanted<W> {
    fn take(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let Some(status) = self.filter.accepts(record) else { return ControlFlow::Continue(()) };
        if self.latest.as_ref().is_some_and(|latest| !latest.is_last(record)) {
            return ControlFlow::Continue(());
        }
        if let Some(counter) = &mut self.counter {
            counter.add(record, status);
        } else if let Some(sorted) = &mut self.sorted {
            sorted.add(Row::of(record, status));
        } else if self.left > 0 {
            self.left -= 1;
            self.output.row(&Row::of(record, status));
        }
        if self.is_enough() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_enough(&self) -> bool {
        let is_streamed = self.counter.is_none() && self.sorted.is_none();
        self.output.is_closed() || (is_streamed && self.left == 0)
    }

    fn finish(self) -> Result<(), CertificatesError> {
        let mut output = self.output;
        if let Some(why) = self.counter.as_ref().and_then(Counter::lacks) {
            complain(&why);
        }
        for (name, count) in self.counter.into_iter().flat_map(Counter::finish) {
            output.count(&name, count);
        }
        for row in self.sorted.into_iter().flat_map(Sorted::finish) {
            output.row(&row);
        }
        output.finish().map_err(CertificatesError::Output)
    }
}

/// So many older reports are named.
const MAX_NAMED: usize = 3;

/// What the older reports lack: one that was cut can be newer than it seems.
fn report_older(older: &[Older]) -> u64 {
    if older.is_empty() {
        return 0;
    }
    let mut names: Vec<&str> = older.iter().map(|of| of.name.as_str()).take(MAX_NAMED).collect();
    let more = format!("{} more", older.len() - names.len());
    if older.len() > names.len() {
        names.push(&more);
    }
    let (count, plural) = (older.len(), if older.len() == 1 { "" } else { "s" });
    complain(&format!(
        "{count} older report{plural} of the same CAs left out: {}. --all-reports reads all.",
        names.join(", ")
    ));
    let mut lacking = 0;
    for Older { name, ending } in older {
        let Some(ending) = ending else { continue };
        report_bad(name, ending);
        lacking += ending.lacks();
    }
    lacking
}

fn report_bad(place: &str, ending: &Ending) {
    for why in &ending.incomplete {
        complain(&format!("{place} is incomplete: {why}"));
    }
    let bad = &ending.unreadable;
    if bad.count == 0 {
        return;
    }
    let (count, bytes) = (bad.count, bad.bytes);
    complain(&format!("{place}: {count} records could not be read, {bytes} bytes in all"));
    for BadRecord { number, offset, bytes, why } in &bad.first {
        complain(&format!("  record {number} at offset {offset}, {bytes} bytes: {why}"));
    }
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "vigil: {}", plain(text));
}
