//! Requests as others write them, right and wrong.
