//! A private, real Asterisk to test in, and SIP phones to ring it with.
