"""Fetch what feeds and addresses lead to, as reports."""
