//! One run: phases, timeline thread, healing, shutdown.
