"""A report's body into its statements: verbatim, with span and attribution (pure)."""

from knowledge.extraction.statements import extract

__all__ = ["extract"]
