"""Reports, statements, claims and what follows from them. Knows no Telegram and no HTTP."""
