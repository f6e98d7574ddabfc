//! What people and scripts get to see: terminal, JSON.
