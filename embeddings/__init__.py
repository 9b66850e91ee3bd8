"""Texts and ids in, ids and scores out. This room imports no other."""
