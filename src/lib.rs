//! Asterisk module that turns incoming calls into Salesforce Cases.
