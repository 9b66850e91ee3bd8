"""Render replies and send them: rate-limited, retried if that is safe, errors classified."""
