//! Reports in every format: what CI systems read, regenerated from `report.json`, and safe whatever
//! names a scenario has.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod annotations;
mod command;
mod counts;
mod first;
mod hostile;
mod junit;
mod logged;
mod rebuilt;
mod summary;
mod world;
mod xml;
