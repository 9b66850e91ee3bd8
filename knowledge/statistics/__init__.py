"""Count what is asked over time and what waits."""
