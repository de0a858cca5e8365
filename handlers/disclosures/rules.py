"""Rules of disclosures (规则): what a reason is, how long a request waits, how long an identity is shown. Pure."""

from datetime import datetime, timedelta
from typing import Final

LIVES: Final = timedelta(minutes=30)
"""So long a request waits for the keeper of secrets; then it has to be asked anew."""

SHOWN: Final = timedelta(minutes=10)
"""So long the identity stands in the case officer's private talk where the platform can take it back."""

LEAST: Final = 6
MOST: Final = 300
"""Characters of a reason: letters of any script at least, signs at most."""


def is_reason(words: str) -> bool:
    """Whether these words give a reason: at least `LEAST` letters (digits are none), not one over and over."""
    letters = [sign for sign in words if sign.isalpha()]
    return len(letters) >= LEAST and len(set(letters)) >= LEAST // 2


def waits(asked_at: datetime, now: datetime) -> bool:
    """Whether a request may still be answered."""
    return asked_at <= now < asked_at + LIVES
