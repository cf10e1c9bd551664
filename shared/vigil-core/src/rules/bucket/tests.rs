//! A clean bucket has no findings; each test spoils one thing and gets exactly that finding.

mod acls;
mod canonical_users;
mod choices;
mod existence;
mod fixtures;
mod policies;
mod remedies;
mod settings;
mod setups;
mod siblings;
mod world;
mod writers;

pub(super) use world::clean;
