"""Texts and ids in, ids and scores out. This package imports no other."""
