//! CRLs read back by another reader.
