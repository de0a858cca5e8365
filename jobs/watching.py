"""Watching (看护): what a dispatcher tells whoever counts; metrics and health stand on it, the way of a call does not.

A watcher is told after what it hears of is committed. It is called from any thread, returns at once and never raises;
it is told of accounts, kinds and lanes, never of a chat, a person or what was said.
"""

from typing import Literal, Protocol

from storage.lanes import Lane
from storage.outbox import CallKind

Outcome = Literal["sent", "refused", "again", "unsure", "dead"]
"""How a call ended on the wire: taken; refused for its pace; put back for another try; nobody knows; given up."""

Scope = Literal["chat", "account"]
"""What a refusal holds up."""


class Watcher(Protocol):
    """Counts what happens on the wire."""

    def ended(self, account: str, kind: CallKind, lane: Lane, outcome: Outcome, seconds: float, reason: str) -> None:
        """A call ended after so many seconds on the wire; `reason` is the short word of its `CallFailed`, or empty.

        A refused call is told as `refused` here, and once more by `refused` with what it holds up.
        """

    def refused(self, account: str, scope: Scope) -> None:
        """The platform refused a call for its pace, which holds up its chat or the whole account."""

    def owns(self, account: str, epoch: int) -> None:
        """This process drains the account under this epoch; 0 where it does not (any more)."""


class Nobody:
    """A watcher that counts nothing."""

    def ended(self, account: str, kind: CallKind, lane: Lane, outcome: Outcome, seconds: float, reason: str) -> None:
        """Nothing is counted."""

    def refused(self, account: str, scope: Scope) -> None:
        """Nothing is counted."""

    def owns(self, account: str, epoch: int) -> None:
        """Nothing is counted."""
