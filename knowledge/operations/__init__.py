"""Back up and restore the database, and recover leases of dead processes."""
