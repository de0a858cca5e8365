"""Contact cards (名片): who is responsible where, and cards with a code that lead to the bot."""
