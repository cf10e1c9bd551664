//! Where CAs are kept: in memory, in a data directory, in exported files. Knows no operation.

pub(crate) mod data_dir;
pub(crate) mod file;
pub(crate) mod memory;
pub(crate) mod restored;
pub(crate) mod salvage;
pub(crate) mod seed;
