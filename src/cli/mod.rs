//! One file a command: its arguments, what it does, its exit code.
