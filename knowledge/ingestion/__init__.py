"""Take reports in: batch by batch, and from the feeds that are polled."""
