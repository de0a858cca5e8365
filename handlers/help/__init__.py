"""Help (帮助): what this person can do here, and what to do with a message that is no command."""
