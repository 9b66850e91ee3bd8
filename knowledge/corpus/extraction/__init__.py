"""A report's body into its statements: verbatim, with span and attribution (pure)."""

from knowledge.corpus.extraction.statement_extraction import extract

__all__ = ["extract"]
