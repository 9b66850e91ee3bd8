"""Minimal pairs from real headlines: one thing exchanged, or the same thing said otherwise."""
