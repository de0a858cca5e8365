"""Trouble (断线): when nothing gets through at all, the account rests and asks, and no call pays for it."""

from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, TimeoutError

from jobs.channel import CallFailed, NotNow, Unsure

IN_A_ROW: Final = 3
FIRST, LONGEST = 1.0, 30.0


def of_database(error: BaseException) -> bool:
    """Whether the database takes nothing now (full, locked, restarted), rather than this statement never."""
    if isinstance(error, IntegrityError | DataError | ProgrammingError):
        return False
    return isinstance(error, DBAPIError | TimeoutError)


class Trouble:
    """Counts calls that failed in a row for want of a platform; one that gets through ends it.

    While it lasts, `rest` says how many seconds to wait before the platform is asked again.
    """

    def __init__(self) -> None:
        self._chats: list[int] = []
        self._rest = FIRST

    @property
    def lasts(self) -> bool:
        """Whether nothing gets through."""
        return len(self._chats) >= IN_A_ROW

    def met(self, chat: int, failure: CallFailed | None) -> None:
        """Note how a call into a chat ended; a refusal of the message itself is an answer, too."""
        if not isinstance(failure, NotNow | Unsure):
            self.over()
        else:
            self._chats.append(chat)

    def rest(self) -> float:
        """Seconds to wait before the platform is asked again; twice as many each time."""
        rest = self._rest
        self._rest = min(self._rest * 2, LONGEST)
        return rest

    def over(self) -> None:
        """Something got through."""
        self._chats.clear()
        self._rest = FIRST
