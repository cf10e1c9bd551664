//! Lines whose fields stand in them as they are: nearly all.

use memchr::{memchr, memchr2};

use crate::audit_report::MAX_RECORD;

/// Lines of one column or of thousands are not reports.
pub(in crate::audit_report) const MAX_FIELDS: usize = 64;

pub(in crate::audit_report) const NO_FIELDS: [&[u8]; MAX_FIELDS] = [&[]; MAX_FIELDS];

/// Without its end, if that is there.
pub(in crate::audit_report) fn whole_line(piece: &[u8]) -> Option<&[u8]> {
    memchr(b'\n', &piece[..piece.len().min(MAX_RECORD)]).map(|end| &piece[..end])
}

/// How many fields a line has, if none of them has a quote or a line's end inside.
pub(in crate::audit_report) fn plain_fields<'l>(
    line: &'l [u8],
    fields: &mut [&'l [u8]; MAX_FIELDS],
) -> Option<usize> {
    let mut rest = line.strip_suffix(b"\r").unwrap_or(line);
    if rest.is_empty() || memchr(b'\r', rest).is_some() {
        return None;
    }
    // The last place stays empty: a line that fills it is too long.
    for (count, field) in fields[..MAX_FIELDS - 1].iter_mut().enumerate() {
        let end = match rest.strip_prefix(b"\"") {
            None => {
                let end = memchr2(b',', b'"', rest).unwrap_or(rest.len());
                if rest.get(end) == Some(&b'"') {
                    return None;
                }
                *field = &rest[..end];
                end
            }
            Some(quoted) => {
                let close = memchr(b'"', quoted)?;
                *field = &quoted[..close];
                // What follows a closing quote is a comma or nothing, or the field goes on.
                let end = close + 2;
                if rest.get(end).is_some_and(|byte| *byte != b',') {
                    return None;
                }
                end
            }
        };
        let Some(after) = rest.get(end + 1..) else { return Some(count + 1) };
        rest = after;
    }
    None
}
