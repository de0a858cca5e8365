"""Our own contender: the outbox and its dispatcher as the bot runs them."""
