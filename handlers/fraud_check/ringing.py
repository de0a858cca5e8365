"""Whom to ring (先打电话): the numbers that come before anything else where words tell of danger or of a fraud."""

from handlers.dialogue.say import Say
from handlers.dialogue.wording import Text, text
from handlers.fraud_check.befallen import befallen
from storage.lanes import Lane


def whom_to_ring(words: str, *, danger: bool) -> Text | None:
    """110, 119 and 120 in danger; 110 and 96110 where money or codes went to a swindler or are about to."""
    emergency = text("incidents.emergency")
    if not befallen(words):
        return emergency if danger else None
    return text("fraud_check.danger_too", emergency=emergency, urgent=urgent()) if danger else urgent()


def first_calls(words: str, *, danger: bool) -> list[Say]:
    """The same as a message of its own, ahead of the answer to what was told."""
    called = whom_to_ring(words, danger=danger)
    return [Say(called, lane=Lane.LIFE, quote=True)] if called is not None else []


def urgent() -> Text:
    """Whom to ring at once when money or codes were given."""
    return text("fraud_check.urgent")
