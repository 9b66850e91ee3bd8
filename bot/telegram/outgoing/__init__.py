"""Render replies and send them: paced, retried where that is safe, each failure understood."""
