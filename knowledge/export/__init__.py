"""Published statements for other programs: ClaimReview, CSV and RSS."""

from knowledge.export.claimreview_export import claim_reviews
from knowledge.export.csv_export import table
from knowledge.export.export_selection import load_newest, load_published
from knowledge.export.rss_export import rss

__all__ = ["claim_reviews", "load_newest", "load_published", "rss", "table"]
