"""Bring the database into the index: serve it, follow the change log, check it."""
