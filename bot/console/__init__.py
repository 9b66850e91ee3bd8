"""The moderators' web pages: server-rendered, right-to-left aware, usable without a script."""
