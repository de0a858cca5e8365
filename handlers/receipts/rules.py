"""Rules of receipts (规则): how often a number may be tried, how long a question may be. Pure."""

from datetime import timedelta
from typing import Final

TRIES: Final = 5
"""Wrong numbers one account may send within `TRIES_WITHIN`; beyond them none is looked at."""

ALL_TRIES: Final = 300
"""Wrong numbers of everybody together within `TRIES_WITHIN`; beyond them no number is looked at."""

TRIES_WITHIN: Final = timedelta(hours=1)
MOST_QUESTION: Final = 300
"""Characters of a question to whoever told a tip."""
