//! What the options of `pca-local` become, a file for each group of them.

mod events;
mod health;
pub(crate) mod stopping;
pub(crate) mod stored;
mod tls;

pub(crate) use events::EventOptions;
pub(crate) use health::health;
pub(crate) use tls::TlsOptions;

pub(crate) fn read(file: &str, option: &str) -> Result<String, String> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("{option}: {file} cannot be read: {error}"))
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

pub(crate) fn print(text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("standard output is closed: {error}"))
}
