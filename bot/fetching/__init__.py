"""Fetch documents from the web, treating every server and address as hostile."""

from bot.fetching.fetcher import (
    ARTICLE,
    DOCUMENT,
    FEED,
    REVIEWS,
    CacheValidators,
    DocumentLimits,
    Fetched,
    Fetcher,
)

__all__ = [
    "ARTICLE",
    "DOCUMENT",
    "FEED",
    "REVIEWS",
    "CacheValidators",
    "DocumentLimits",
    "Fetched",
    "Fetcher",
]
