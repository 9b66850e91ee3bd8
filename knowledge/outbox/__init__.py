"""Deliver notifications: what is due, by one process at a time, and who could not be told."""
