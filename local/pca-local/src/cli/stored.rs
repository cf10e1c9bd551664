//! Commands on a data directory that no process uses.

use std::{io::Write as _, path::Path};

use pca_local::PcaLocal;

use super::chain;

pub(crate) async fn export(data_dir: &Path) -> Result<(), String> {
    let has = |name: &str| data_dir.join(name).exists();
    if !has("state.db") && !has("last-commit") {
        return Err(format!("there is no state in {}", data_dir.display()));
    }
    let service = PcaLocal::builder().open(data_dir).map_err(|error| chain(&error))?;
    let exported = service.export(&mut std::io::stdout().lock()).await;
    let closed = service.close();
    exported.map_err(|error| chain(&error))?;
    closed.map_err(|error| chain(&error))
}

pub(crate) async fn import(data_dir: &Path) -> Result<(), String> {
    let service = PcaLocal::builder().open(data_dir).map_err(|error| chain(&error))?;
    let imported = service.import(std::io::stdin().lock()).await;
    let closed = if imported.is_ok() { service.close() } else { service.give_up() };
    imported.map_err(|error| chain(&error))?;
    closed.map_err(|error| format!("the state is imported, but {}", chain(&error)))
}

pub(crate) fn check(data_dir: &Path) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match pca_local::check(data_dir, &mut out).map_err(|error| chain(&error))? {
        true => Ok(()),
        false => Err(format!("{} is not whole", data_dir.display())),
    }
}

pub(crate) fn salvage(data_dir: &Path) -> Result<(), String> {
    let (mut out, mut lost) = (std::io::stdout().lock(), std::io::stderr().lock());
    let is_all =
        pca_local::salvage(data_dir, &mut out, &mut lost).map_err(|error| chain(&error))?;
    out.flush().map_err(|error| format!("standard output is closed: {error}"))?;
    if is_all { Ok(()) } else { Err("not everything could be saved".to_owned()) }
}
