//! How to talk to the API.
