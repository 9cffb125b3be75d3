//! Tests; see beside.
