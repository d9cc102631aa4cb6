//! A Salesforce that runs here: see the README of this crate.
