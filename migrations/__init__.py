"""Alembic migrations, run through ``tathabbat db``."""
