"""What people ask and nothing settles yet, gathered by meaning, for moderators to work through."""
