"""Erase people and what is old, and export what is held about a person."""
