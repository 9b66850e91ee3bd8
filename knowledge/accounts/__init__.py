"""Know people by keyed hashes: what they chose, their roles, how moderators sign in, groups."""
