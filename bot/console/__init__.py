"""Serve the moderators' web pages: rendered here, right-to-left aware, usable without scripts."""
