//! Whether a valid certificate refers to a CRL.

/// Each says how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum References {
    /// One does.
    Named(String),
    /// None does.
    NotNamed(String),
    /// One may.
    Unknown(String),
}
