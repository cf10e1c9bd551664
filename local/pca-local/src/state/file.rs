//! The whole state as one file: JSON Lines, a record a line, so that neither side holds all of it.

mod export;
mod format;
mod import;

pub use self::format::StateError;
pub(crate) use self::format::Writing;
pub(crate) use self::{
    export::{Export, export},
    import::import,
};
