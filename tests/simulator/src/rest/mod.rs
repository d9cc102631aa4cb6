//! The REST API: `resource` says what a path names, `record` works on single
//! records, the others on many at once.

mod batch;
mod changes;
mod collections;
mod composite;
mod describe;
mod graph;
mod limits;
mod record;
pub(crate) mod resource;
mod run;
mod subrequest;

pub(crate) use run::{Answer, Call, Op, Within, run};
