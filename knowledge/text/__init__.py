"""Texts as they are kept and shown, and the languages they are in."""
