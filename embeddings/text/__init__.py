"""Normalise text, split it into index terms, and encode pairs of texts for the cross-encoder."""
