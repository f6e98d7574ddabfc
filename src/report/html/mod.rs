//! `report.html`: one self-contained file. [`write_html`] fills a template from the report; a
//! script in it draws the charts. Everything but the charts works without a script, and the charts'
//! content is beside them in words.

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
