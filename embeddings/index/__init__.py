"""Search vectors and words, fuse the rankings, and keep builds of the index as snapshots."""
