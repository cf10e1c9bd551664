//! Compares an audit report in a file with a CRL. Several threads read a CSV report, as ACM PCA writes it.
//!
//! A report of a million certificates is ten times as large as their CRL. Threads take segments in
//! turn; a line belongs to the segment that it begins in. A report with quoted or long lines is read
//! again from its beginning, by one thread.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZero,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use vigil_core::{
    audit_report::{Format, Lines, ReportReader, Sink},
    crl::comparison::{Against, Compared, Comparison, Tally},
};

use super::input::InputError;

/// Bytes of a segment: it fits a core's own cache while its lines are read.
const SEGMENT: u64 = 256 * 1024;
/// The longest line that is read whole with the segment it begins in.
const MAX_LINE: usize = 4 * 1024;

pub(super) fn compare(path: &Path, against: &Against<'_>) -> Result<Compared, InputError> {
    let name = path.display().to_string();
    let format = Format::of_key(&name.to_ascii_lowercase())
        .ok_or_else(|| InputError::ReportFormat(path.to_owned()))?;
    let file = File::open(path).map_err(InputError::read(path))?;
    let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let in_segments = match format {
        Format::Csv => in_segments(&file, threads, against).map_err(InputError::read(path))?,
        Format::Json => None,
    };
    let (tally, bad) = match in_segments {
        Some(tally) => (tally, 0),
        None => from_the_beginning(path, &file, format, against)?,
    };
    // When a file was written is not when the service wrote the report.
    Ok(Compared::new(against, tally, name, None, bad))
}

/// Also how many records could not be read.
fn from_the_beginning(
    path: &Path,
    mut file: &File,
    format: Format,
    against: &Against<'_>,
) -> Result<(Tally, u64), InputError> {
    let not_a_report = |error| InputError::Report { path: path.to_owned(), error };
    let mut comparison = Comparison::begin(against);
    let mut reader = ReportReader::new(format);
    let mut piece = vec![0; 128 * 1024];
    loop {
        let count = file.read(&mut piece).map_err(InputError::read(path))?;
        if count == 0 {
            break;
        }
        reader.push(&piece[..count], &mut comparison);
    }
    let ending = reader.finish(&mut comparison).map_err(not_a_report)?;
    match ending.incomplete.into_iter().next() {
        Some(why) => Err(InputError::ReportIncomplete { path: path.to_owned(), why }),
        None => Ok((comparison.into_tally(), ending.unreadable.count)),
    }
}

/// `None`: not every line is a plain one, or it is no file that can be read from anywhere.
fn in_segments(
    file: &File,
    threads: NonZero<usize>,
    against: &Against<'_>,
) -> io::Result<Option<Tally>> {
    let metadata = file.metadata()?;
    let mut beginning = vec![0; MAX_LINE];
    if !metadata.is_file() || metadata.len() <= SEGMENT {
        return Ok(None);
    }
    let count = read_up_to(file, &mut beginning, 0)?;
    let Some((lines, header)) = Lines::after_header(&beginning[..count]) else { return Ok(None) };
    let (next, size, header) = (&AtomicU64::new(0), metadata.len(), header as u64);
    let of_one = || -> io::Result<Option<Tally>> {
        let mut comparison = Comparison::begin(against);
        let mut piece = vec![0; SEGMENT as usize + MAX_LINE];
        loop {
            let from = header + next.fetch_add(1, Ordering::Relaxed) * SEGMENT;
            if from >= size {
                return Ok(Some(comparison.into_tally()));
            }
            // With the line's end before it, if one ends there.
            let count = read_up_to(file, &mut piece, from - 1)?;
            let begun_here = lines_of(&piece[..count]);
            let read = begun_here.map(|begun| lines.read(begun, |record| comparison.take(record)));
            if !matches!(read, Some(Ok(()))) {
                // Stops the other threads.
                next.store(size / SEGMENT + 1, Ordering::Relaxed);
                return Ok(None);
            }
        }
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(of_one)).collect();
        let mut all: Option<Tally> = None;
        for tally in readers.into_iter().map(super::joined) {
            let Some(tally) = tally? else { return Ok(None) };
            match &mut all {
                None => all = Some(tally),
                Some(all) => all.merge(tally),
            }
        }
        Ok(all)
    })
}

/// The lines that begin in a segment; `piece` is its bytes, one before and some behind it. `None` if
/// the last of them does not end there.
fn lines_of(piece: &[u8]) -> Option<&[u8]> {
    let segment = 1 + SEGMENT as usize;
    let end_of_line = |from: usize| {
        let found = piece.get(from..)?.iter().position(|octet| *octet == b'\n');
        found.map(|at| from + at + 1)
    };
    let first = match end_of_line(0) {
        Some(first) if first < segment => first,
        // One long line, which begins in an earlier segment, or the last one.
        _ => return Some(&[]),
    };
    if piece.len() <= segment {
        return Some(&piece[first..]);
    }
    let last = end_of_line(segment - 1)
        .or_else(|| (piece.len() < SEGMENT as usize + MAX_LINE).then_some(piece.len()))?;
    Some(&piece[first..last])
}

fn read_up_to(file: &File, into: &mut [u8], from: u64) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match file.read_at(&mut into[count..], from + count as u64)? {
            0 => return Ok(count),
            more => count += more,
        }
    }
}
