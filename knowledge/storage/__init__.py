"""Open, migrate and lock the database; page through it; write its audit and change logs."""
