//! Parts of a CRL that can be read, in a form that DER or RFC 5280 forbids.

/// What is wrong with a part. Each has the clause that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A GeneralizedTime before 2050.
    TimeForm,
    /// FALSE is encoded where it is the default.
    DefaultEncoded,
    /// A string or a set of a name is not in the form of DER.
    NameForm,
    /// A URI that names nothing.
    Uri,
    /// A field of a distribution point in freshestCRL that must be omitted.
    FreshestField,
    /// An access method other than caIssuers.
    AccessMethod,
    /// A list that must have an element, or must be left out, is there without one.
    EmptyList,
    /// The same extension twice.
    Duplicate,
    /// An extension that must not be critical is.
    Critical,
    /// An extension that should not be critical is.
    RatherNotCritical,
    /// An extension that must be critical is not.
    NotCritical,
}

/// A fault, and how often it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// As RFC 5280 names it.
    pub part: &'static str,
    /// Of entries: how many of them have it.
    pub count: u64,
}

/// Adds to the same fault, if it was there before. There are as many faults as kinds and parts.
pub(super) fn add(faults: &mut Vec<Fault>, kind: FaultKind, part: &'static str, count: u64) {
    match faults.iter_mut().find(|fault| fault.kind == kind && fault.part == part) {
        Some(fault) => fault.count += count,
        None => faults.push(Fault { kind, part, count }),
    }
}

/// The faults of one entry, as a set: a million entries have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryFaults(u16);

/// The faults that an entry can have, in the order of their bits.
pub(super) const OF_ENTRIES: [(FaultKind, &str); 9] = [
    (FaultKind::TimeForm, "revocationDate"),
    (FaultKind::DefaultEncoded, "critical of an entry's extension"),
    (FaultKind::EmptyList, "crlEntryExtensions"),
    (FaultKind::Duplicate, "an entry's extension"),
    (FaultKind::Critical, "reasonCode"),
    (FaultKind::Critical, "invalidityDate"),
    (FaultKind::NotCritical, "certificateIssuer"),
    (FaultKind::EmptyList, "directoryName in certificateIssuer"),
    (FaultKind::Uri, "certificateIssuer"),
];

impl EntryFaults {
    pub(super) const TIME_FORM: Self = Self(1);
    pub(super) const DEFAULT_ENCODED: Self = Self(1 << 1);
    pub(super) const NO_EXTENSION: Self = Self(1 << 2);
    pub(super) const DUPLICATE: Self = Self(1 << 3);
    pub(super) const CRITICAL_REASON: Self = Self(1 << 4);
    pub(super) const CRITICAL_INVALIDITY: Self = Self(1 << 5);
    pub(super) const ISSUER_NOT_CRITICAL: Self = Self(1 << 6);
    pub(super) const NO_ISSUER: Self = Self(1 << 7);
    pub(super) const ISSUER_URI: Self = Self(1 << 8);

    pub(super) fn set(&mut self, fault: Self, is_there: bool) {
        if is_there {
            self.0 |= fault.0;
        }
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, bit: usize) -> bool {
        self.0 >> bit & 1 == 1
    }
}
