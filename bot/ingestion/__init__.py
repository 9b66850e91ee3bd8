"""Fetch feeds and URLs, and turn them into reports."""
