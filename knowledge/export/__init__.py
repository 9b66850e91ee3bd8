"""Published statements for other programs: ClaimReview, CSV and RSS."""

from knowledge.export.claimreview import claim_reviews
from knowledge.export.rss import rss
from knowledge.export.selection import newest, published
from knowledge.export.table import table

__all__ = ["claim_reviews", "newest", "published", "rss", "table"]
