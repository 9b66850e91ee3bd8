"""Take requests in from Telegram, the console and the command line; answer and render them."""
