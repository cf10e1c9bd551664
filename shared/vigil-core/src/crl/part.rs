//! The places of a CertificateList, in the order in which the walk passes them.

use crate::der::tag;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrlPart {
    List,
    Tbs,
    Version,
    InnerAlgorithm,
    Issuer,
    ThisUpdate,
    NextUpdate,
    Entries,
    Entry,
    Extensions,
    OuterAlgorithm,
    Signature,
    End,
}

impl CrlPart {
    /// As RFC 5280 §5.1 names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "CertificateList",
            Self::Tbs => "tbsCertList",
            Self::Version => "version",
            Self::InnerAlgorithm => "signature algorithm in tbsCertList",
            Self::Issuer => "issuer",
            Self::ThisUpdate => "thisUpdate",
            Self::NextUpdate => "nextUpdate",
            Self::Entries | Self::Entry => "revokedCertificates",
            Self::Extensions => "crlExtensions",
            Self::OuterAlgorithm => "signatureAlgorithm",
            Self::Signature => "signatureValue",
            Self::End => "end",
        }
    }

    /// Where the walk goes on after the element here; entries follow each other.
    pub(super) fn next(self) -> Self {
        match self {
            Self::List => Self::Tbs,
            Self::Tbs => Self::Version,
            Self::Version => Self::InnerAlgorithm,
            Self::InnerAlgorithm => Self::Issuer,
            Self::Issuer => Self::ThisUpdate,
            Self::ThisUpdate => Self::NextUpdate,
            Self::NextUpdate => Self::Entries,
            Self::Entries | Self::Entry => Self::Entry,
            Self::Extensions => Self::OuterAlgorithm,
            Self::OuterAlgorithm => Self::Signature,
            Self::Signature | Self::End => Self::End,
        }
    }

    /// Where an element with this tag belongs instead, if what may stand here is optional.
    pub(super) fn without(self, tag: u8) -> Option<Self> {
        match self {
            Self::Version if tag != tag::INTEGER => Some(Self::InnerAlgorithm),
            Self::NextUpdate if tag != tag::UTC_TIME && tag != tag::GENERALIZED_TIME => {
                Some(Self::Entries)
            }
            Self::Entries if tag != tag::SEQUENCE => Some(Self::Extensions),
            _ => None,
        }
    }

    /// An element that is entered by its header, because it can be as long as the CRL.
    pub(super) fn is_frame(self) -> bool {
        matches!(self, Self::List | Self::Tbs | Self::Entries)
    }

    /// The last element of its frame: nothing may stand between it and the frame's end.
    pub(super) fn is_last(self) -> bool {
        matches!(self, Self::Extensions | Self::Signature)
    }
}
