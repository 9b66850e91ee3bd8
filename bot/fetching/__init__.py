"""Documents from the open web, fetched as if every server and every address were hostile."""

from bot.fetching.fetcher import ARTICLE, DOCUMENT, FEED, REVIEWS, Fetched, Fetcher, Known, Wanted

__all__ = ["ARTICLE", "DOCUMENT", "FEED", "REVIEWS", "Fetched", "Fetcher", "Known", "Wanted"]
