"""Keep what a channel brings until it is answered: durable, leased, fair."""
