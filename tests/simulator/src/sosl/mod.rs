//! SOSL: `terms` reads what stands between the braces, `parse` the statement
//! around it, `run` finds the records.

mod parse;
mod run;
mod terms;
mod wildcards;

pub(crate) use run::{parameterized, search};
