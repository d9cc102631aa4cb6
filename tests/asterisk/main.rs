//! The module in a real Asterisk, rung by real SIP phones, in front of a simulated Salesforce.

mod commands;
mod configuration;
mod create_on;
mod credentials;
mod frozen;
mod hostile;
mod joining;
mod languages;
mod loading;
mod outage;
mod people;
mod process;
mod rows;
mod scene;
mod test_user;
mod threads;
mod ways_in;
