"""Poll feeds: parse them, schedule polls, keep new items as reports."""
