"""Run the bot in several processes: one takes updates in, the others answer them."""
