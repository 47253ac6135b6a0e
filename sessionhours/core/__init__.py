"""DECIDE: schedule arithmetic, gate, states, texts. No clock, no socket, no table."""
