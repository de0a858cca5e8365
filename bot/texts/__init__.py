"""The catalogue of everything the bot says."""
