//! What is written to Salesforce, in the user's language.

pub mod template;
