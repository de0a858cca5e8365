"""What is heard behind a command word (所闻), and the simplest predicates on it. Pure; folded text."""

import re
from dataclasses import dataclass

from handlers.reading.codes import PREFIXES
from handlers.reading.intent_words import ENDS, GAPS, asks, code_at_head, has_trouble, head, is_han, jokes, only_a_place
from handlers.reading.lazy import Lazy

_A_CALL = 2
TEAM_CHATS = frozenset({"workers", "officers", "desk", "admins"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard behind a command word.

    after: all that follows the word, gap included. chat: kind of chat (`ChatKind` value). team: whether the
    speaker belongs to the team. media: whether a picture, a voice or a place came along. word: as typed.
    """

    after: str
    chat: str = "residents"
    team: bool = False
    media: bool = False
    word: str = ""

    @property
    def rest(self) -> str:
        """What follows, without the gap before it."""
        return head(self.after).lstrip(GAPS).rstrip(ENDS)

    @property
    def matter(self) -> str:
        """The first thing said: the first line, with the next ones where it is a call (急) or only a place."""
        said = ""
        for line in self.rest.splitlines():
            said = f"{said} {line}".strip()
            if len(said) > _A_CALL and (has_trouble(said) or not only_a_place(said)):
                break
        return said

    @property
    def gap(self) -> bool:
        """Whether the word stands by itself."""
        return not self.after or not (is_han(self.after[0]) or self.after[0].isalnum())

    @property
    def colon(self) -> bool:
        """Whether a colon follows, as in a notice to neighbours."""
        return self.after.lstrip()[:1] == ":"

    @property
    def team_chat(self) -> bool:
        """Whether only the team reads along."""
        return self.chat in TEAM_CHATS


def never(_heard: Heard) -> bool:
    """A bare word in a group is never this command."""
    return False


def nothing(heard: Heard) -> bool:
    """Nothing follows."""
    return not heard.after.strip(GAPS + "~") and "?" not in heard.after


def only_code(heard: Heard) -> bool:
    """Nothing but a record code follows."""
    code = code_at_head(heard.rest)
    return code is not None and not heard.rest[code.span[1] :].strip(GAPS + "号")


_NOT_BEHIND_CODE = Lazy(
    r"号?\s*(?:[的那这谁是吧前后时]|之[前后]|以[前后]|再看|不|没|了吗|那个|先别|估计|好像|应该|可能)"
)


def has_code(heard: Heard) -> bool:
    """A record code follows at once, and it is no question."""
    rest = re.sub(rf"^(?:人?[了啦]|一下|下)[\s,:]*(?=[{PREFIXES}])", "", heard.rest)
    code = code_at_head(rest)
    if code is None or jokes(rest):
        return False
    behind = rest[code.span[1] :]
    return not asks(behind) and _NOT_BEHIND_CODE.match(behind) is None
