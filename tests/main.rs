//! The tests that start neither a broker nor a container. They are one program, because each test
//! program links the whole library again.

mod ci_workflow;
mod compare;
mod docs;
mod reports;
mod scenario_errors;
mod schema;
mod terminal;
mod tidy;
mod verify_model;
