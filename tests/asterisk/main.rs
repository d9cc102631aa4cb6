//! The module in a real Asterisk, rung by real SIP phones, in front of a simulated Salesforce.

mod rows;
mod scene;
