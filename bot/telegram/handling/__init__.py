"""Answer updates: workers lease them, handlers ask the conversation, replies are sent."""
