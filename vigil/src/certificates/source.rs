//! Where reports come from, and how they are read: piece by piece.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::SystemTime,
};

use vigil_aws::clients::Clients;
use vigil_core::{
    audit_report::{Ending, Format, Record, ReportError, ReportReader},
    ports::{Address, Authorities as _, Delivery, Objects as _, PortError, ReportFiles as _},
};

use super::Options;
use crate::output::plain;

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    Object { bucket: String, key: String },
    StandardInput,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum SourceError {
    #[error("there is no .json or .csv file in {0}")]
    Empty(String),
    #[error("{place} cannot be read")]
    File {
        place: String,
        #[source]
        cause: io::Error,
    },
    #[error("no audit report of {ca} was found in {bucket}")]
    NoReport { ca: String, bucket: String },
    #[error("{ca} has no CRL bucket: name the bucket of its reports with --report-bucket")]
    NoBucket { ca: String },
    #[error("{0} is not there")]
    NotThere(String),
    #[error("{place} is not an audit report")]
    NotAReport {
        place: String,
        #[source]
        cause: ReportError,
    },
    #[error("{place} cannot be read")]
    Object {
        place: String,
        #[source]
        cause: PortError,
    },
    #[error("standard input can be read only once: --without-successor needs a file")]
    ReadTwice,
    #[error("{0:?} is no s3://BUCKET/KEY")]
    Uri(String),
}

/// A folder with more reports is listed in parts by its operator.
const MAX_OBJECTS: usize = 10_000;

/// Of any size: no report of ACM PCA is larger than 100 GiB.
const LIMIT: u64 = vigil_core::jobs::audit_report::MAX_REPORT_BYTES;

/// What is read at once.
const PIECE: usize = 256 * 1024;

/// The reports that the command line names. `clients` is asked for only where AWS is.
pub(super) async fn all(options: &Options, clients: &Clients) -> Result<Vec<Source>, SourceError> {
    if let Some(ca) = &options.ca {
        return newest(ca, options, clients).await.map(|one| vec![one]);
    }
    let mut sources = Vec::new();
    for name in &options.reports {
        match name.strip_prefix("s3://") {
            Some(rest) => objects(name, rest, clients, &mut sources).await?,
            None if name == "-" => sources.push(Source::StandardInput),
            None => files(Path::new(name), &mut sources)?,
        }
    }
    Ok(sources)
}

async fn newest(
    ca: &vigil_core::arn::CaArn,
    options: &Options,
    clients: &Clients,
) -> Result<Source, SourceError> {
    let clients = clients.in_region(ca.region());
    let place = ca.to_string();
    let bucket = match &options.report_bucket {
        Some(bucket) => bucket.clone(),
        None => {
            let seen = clients.authorities().describe(ca).await;
            let seen = seen.map_err(|cause| SourceError::Object { place: place.clone(), cause })?;
            let bucket = seen.ca.crl.and_then(|crl| crl.s3_bucket_name);
            bucket.ok_or_else(|| SourceError::NoBucket { ca: place.clone() })?
        }
    };
    let prefix = format!("audit-report/{}/", ca.id());
    let found = clients.objects().newest(&bucket, &prefix).await;
    match found.map_err(|cause| SourceError::Object { place: place.clone(), cause })? {
        Some((key, _)) => Ok(Source::Object { bucket, key }),
        None => Err(SourceError::NoReport { ca: place, bucket }),
    }
}

async fn objects(
    name: &str,
    rest: &str,
    clients: &Clients,
    sources: &mut Vec<Source>,
) -> Result<(), SourceError> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(SourceError::Uri(name.to_owned()));
    }
    let of = |key: String| Source::Object { bucket: bucket.to_owned(), key };
    if !key.is_empty() && !key.ends_with('/') {
        sources.push(of(key.to_owned()));
        return Ok(());
    }
    let keys = clients.objects().list(bucket, key, MAX_OBJECTS).await;
    let keys = keys.map_err(|cause| SourceError::Object { place: name.to_owned(), cause })?;
    let reports: Vec<Source> =
        keys.into_iter().filter(|key| Format::of_key(key).is_some()).map(of).collect();
    if reports.is_empty() {
        return Err(SourceError::Empty(name.to_owned()));
    }
    sources.extend(reports);
    Ok(())
}

fn files(path: &Path, sources: &mut Vec<Source>) -> Result<(), SourceError> {
    if !path.is_dir() {
        sources.push(Source::File(path.to_owned()));
        return Ok(());
    }
    let before = sources.len();
    for extension in ["json", "csv"] {
        if let Ok(found) = crate::input::files(&[path.to_owned()], extension) {
            sources.extend(found.into_iter().map(Source::File));
        }
    }
    if sources.len() == before {
        return Err(SourceError::Empty(path.display().to_string()));
    }
    Ok(())
}

impl Source {
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Object { bucket, key } => format!("s3://{bucket}/{key}"),
            Self::StandardInput => "standard input".to_owned(),
        }
    }

    /// When a file was modified.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        let Self::File(path) = self else { return None };
        std::fs::metadata(path).and_then(|of| of.modified()).ok()
    }

    /// Passes each record to `take`, until it wants no more.
    pub(super) async fn read(
        &self,
        clients: &Clients,
        take: &mut (dyn FnMut(&Record<'_>) -> ControlFlow<()> + Send),
    ) -> Result<Ending, SourceError> {
        let place = self.name();
        let mut reading = Reading::new(take, &place);
        let failed = |cause| SourceError::File { place: place.clone(), cause };
        match self {
            Self::StandardInput => reading.all_of(io::stdin().lock()).map_err(failed)?,
            Self::File(path) => {
                let file = File::open(path).map_err(failed)?;
                reading.all_of(file).map_err(failed)?;
            }
            Self::Object { bucket, key } => {
                let mut sink = |piece: &[u8]| reading.push(piece);
                let read =
                    clients.objects().read(Address::new(bucket, key), LIMIT, &mut sink).await;
                match read {
                    Ok(Delivery::Delivered(_)) => {}
                    Ok(Delivery::Absent) => return Err(SourceError::NotThere(place)),
                    Ok(Delivery::TooLarge) => {
                        let cause = io::Error::new(io::ErrorKind::FileTooLarge, "over 100 GiB");
                        return Err(failed(cause));
                    }
                    Err(cause) => return Err(SourceError::Object { place, cause }),
                }
            }
        }
        reading.finish().map_err(|cause| SourceError::NotAReport { place: place.clone(), cause })
    }
}

/// A report that is being read. Its first character says which form it has.
struct Reading<'a> {
    take: &'a mut (dyn FnMut(&Record<'_>) -> ControlFlow<()> + Send),
    reader: Option<ReportReader>,
    is_enough: bool,
    progress: Progress<'a>,
}

impl<'a> Reading<'a> {
    fn new(
        take: &'a mut (dyn FnMut(&Record<'_>) -> ControlFlow<()> + Send),
        place: &'a str,
    ) -> Self {
        let progress = Progress { place, bytes: 0, is_shown: io::stderr().is_terminal() };
        Self { take, reader: None, is_enough: false, progress }
    }

    fn all_of(&mut self, mut from: impl Read) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = match from.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if self.push(&piece[..count]).is_break() {
                return Ok(());
            }
        }
    }

    fn push(&mut self, piece: &[u8]) -> ControlFlow<()> {
        self.progress.add(piece.len());
        if self.reader.is_none() {
            let first = piece.iter().find(|byte| !byte.is_ascii_whitespace() && **byte < 0x80);
            let Some(first) = first else { return ControlFlow::Continue(()) };
            let is_json = matches!(first, b'[' | b'{');
            self.reader = Some(ReportReader::new(if is_json { Format::Json } else { Format::Csv }));
        }
        let (take, is_enough) = (&mut self.take, &mut self.is_enough);
        let mut sink = |record: &Record<'_>| {
            if !*is_enough && take(record).is_break() {
                *is_enough = true;
            }
        };
        if let Some(reader) = &mut self.reader {
            reader.push(piece, &mut sink);
        }
        if self.is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn finish(self) -> Result<Ending, ReportError> {
        self.progress.end();
        let Some(reader) = self.reader else { return Err(ReportError::Empty) };
        if self.is_enough {
            // The rest was not read, and nothing is said of it.
            return Ok(Ending::default());
        }
        let (take, mut is_enough) = (self.take, self.is_enough);
        reader.finish(&mut |record: &Record<'_>| {
            if !is_enough && take(record).is_break() {
                is_enough = true;
            }
        })
    }
}

/// How far a long report is read, on a terminal.
struct Progress<'a> {
    place: &'a str,
    bytes: u64,
    is_shown: bool,
}

const STEP: u64 = 256 * 1024 * 1024;

impl Progress<'_> {
    fn add(&mut self, count: usize) {
        let before = self.bytes / STEP;
        self.bytes += count as u64;
        if self.is_shown && self.bytes / STEP > before {
            let text = format!("{}: {} MiB read", self.place, self.bytes / (1024 * 1024));
            let _ = write!(io::stderr().lock(), "\r{}", plain(&text));
        }
    }

    fn end(&self) {
        if self.is_shown && self.bytes >= STEP {
            let _ = writeln!(io::stderr().lock());
        }
    }
}
