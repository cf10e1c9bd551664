//! The order of certificates. With a limit, only as many are kept.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::row::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    field: Field,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Issued,
    Ending,
    Revoked,
    Subject,
    Serial,
}

pub(super) fn order(text: &str) -> Result<Order, String> {
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text),
    };
    let field = match name {
        "issued" => Field::Issued,
        "ending" => Field::Ending,
        "revoked" => Field::Revoked,
        "subject" => Field::Subject,
        "serial" => Field::Serial,
        _ => return Err("write issued, ending, revoked, subject or serial".to_owned()),
    };
    Ok(Order { field, descending })
}

impl Order {
    /// Rows that are equal in the field are in the order of their ARNs, so that no order of records
    /// in the report shows.
    fn compare(self, a: &Row, b: &Row) -> Ordering {
        let order = match self.field {
            Field::Issued => a.issued_at.cmp(&b.issued_at),
            Field::Ending => a.not_after.cmp(&b.not_after),
            Field::Revoked => a.revoked_at.cmp(&b.revoked_at),
            Field::Subject => a.subject.cmp(&b.subject),
            Field::Serial => a.serial.cmp(&b.serial),
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then_with(|| (&a.certificate_arn, &a.serial).cmp(&(&b.certificate_arn, &b.serial)))
    }
}

#[derive(Debug)]
struct Placed {
    order: Order,
    row: Row,
}

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.row, &other.row)
    }
}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Placed {}

/// The first rows by an order.
#[derive(Debug)]
pub(super) struct Sorted {
    order: Order,
    limit: usize,
    /// The last of the kept ones on top.
    rows: BinaryHeap<Placed>,
}

impl Sorted {
    pub(super) fn new(order: Order, limit: Option<usize>) -> Self {
        Self { order, limit: limit.unwrap_or(usize::MAX), rows: BinaryHeap::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(Placed { order: self.order, row });
        if self.rows.len() > self.limit {
            self.rows.pop();
        }
    }

    pub(super) fn finish(self) -> Vec<Row> {
        self.rows.into_sorted_vec().into_iter().map(|placed| placed.row).collect()
    }
}
