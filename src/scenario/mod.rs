//! The file as written: types, YAML reading, diagnostics with line and column.
