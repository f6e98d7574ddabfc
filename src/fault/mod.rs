//! One file a fault: inject, proof that it took effect, heal.
