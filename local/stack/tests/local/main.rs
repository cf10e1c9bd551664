//! The stack as its clients see it: over the socket, with AWS's own SDK and real processes.

mod functions;
mod s3;
mod stack;
mod support;
mod up;
