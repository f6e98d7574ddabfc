//! Pure functions: ledger + observed + timeline -> anomalies -> verdicts.
