"""Gather what people ask and nothing settles by meaning, for moderators to work through."""
