//! `report.html`: one file that needs nothing else. [`write_html`] fills a template with what the
//! report says; a script in it draws the charts. Everything but the charts is there without a
//! script, and the charts' content stands in words beside them.

mod cells;
mod chart;
mod config;
mod faults;
mod lanes;
mod page;
mod tables;
#[cfg(test)]
mod tests;
mod trials;

pub(super) use page::write_html;
