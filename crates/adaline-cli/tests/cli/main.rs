//! The program from outside: every command, every kind of error, what is left on the disk.

mod bad_data;
mod bad_flags;
mod bad_models;
mod commands;
mod examples;
mod manners;
mod outputs;
mod reproducible;
mod support;
