"""Log and count what the program does, without secrets and people's words."""
