//! `salesforce.conf`: sections and options in, settings and users or a list of errors out. Pure.

pub mod settings;
