//! One policy language, asked as an observer asks and as an enforcing service does.

mod enforcing;
mod observing;
