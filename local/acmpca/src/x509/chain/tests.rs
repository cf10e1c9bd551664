//! One good hierarchy, and each thing that can be wrong with it.
