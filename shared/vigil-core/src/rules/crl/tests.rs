//! A clean world has no findings; each test spoils one thing in it and gets exactly that finding.

mod baseline;
mod defects;
mod fixtures;
mod history;
mod of_names;
mod surroundings;
mod time;
mod world;
