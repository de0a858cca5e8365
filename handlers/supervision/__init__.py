"""Supervision (督办): the safety office presses a matter until it clears it."""
