"""Log, count and serve what the program does, with secrets and people's words left out."""
