//! The module in a real Asterisk, rung by real SIP phones, in front of a simulated Salesforce.

mod ami;
mod commands;
mod configuration;
mod create_on;
mod credentials;
mod dialplan_function;
mod documentation;
mod frozen;
mod hostile;
mod joining;
mod languages;
mod late_events;
mod loading;
mod manager;
mod outage;
mod people;
mod process;
mod rows;
mod scene;
mod test_user;
mod threads;
mod ways_in;
mod web;
