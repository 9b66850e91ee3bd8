"""Read documents into reports and statements, and keep them with their sources."""
