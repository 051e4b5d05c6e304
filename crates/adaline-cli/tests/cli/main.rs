//! The program from outside: every command, every kind of error, what is left on the disk.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens, helpers included")]

mod bad_data;
mod bad_flags;
mod bad_models;
mod commands;
mod examples;
mod gates;
mod images;
mod manners;
mod outputs;
mod reproducible;
mod sequences;
mod support;
