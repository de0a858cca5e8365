"""Belonging (归属): how codes, kinds of group and times are read and bounded; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from storage.chats import ChatKind
from storage.people import Role
from storage.tokens import ALPHABET

CODE_LIVES: Final = timedelta(days=7)
ACCOUNT_CODE_LIVES: Final = timedelta(minutes=15)
MOST_CODES: Final = 20
TRIES: Final = 5
TRIES_WITHIN: Final = timedelta(minutes=10)

KINDS: Final[Mapping[str, ChatKind]] = {
    "居民": ChatKind.RESIDENTS,
    "商户": ChatKind.MERCHANTS,
    "义警": ChatKind.VOLUNTEERS,
    "网格": ChatKind.WORKERS,
    "警务": ChatKind.OFFICERS,
    "指挥室": ChatKind.DESK,
    "管理员": ChatKind.ADMINS,
}
KIND_WORDS: Final[Mapping[ChatKind, str]] = {kind: f"{word}群" for word, kind in KINDS.items()}
INNER: Final = frozenset({ChatKind.OFFICERS, ChatKind.DESK, ChatKind.ADMINS})
"""Groups in which what is not for everybody is said: bound by an admin or a chief only."""

_CODE = re.compile(rf"[{ALPHABET}]{{8}}")
_SURE = "确认"
_NAME = re.compile(r"[一-龥]{2,6}|[一-龥]{1,8}(?:·[一-龥]{1,8}){1,3}")


@dataclass(frozen=True, slots=True)
class CodeWish:
    """Which codes are to be handed out."""

    role: Role | None
    area: str
    count: int


@dataclass(frozen=True, slots=True)
class BindWish:
    """What a group is to be bound as; `sure` once a change of a bound group has been confirmed."""

    kind: ChatKind | None
    area: str
    sure: bool


def code_of(folded: str) -> str:
    """A join code as typed (k7p2-qx3m, spaced), tidied; empty where it is none."""
    tidy = re.sub(r"[\s\-—_.:：]", "", folded).upper()
    return tidy if _CODE.fullmatch(tidy) else ""


def name_in(folded: str) -> str:
    """A person's name as they say it, 张三, 古丽·阿依; empty where it is none."""
    found = _NAME.fullmatch(folded.strip().strip("。.!,，"))
    return found[0] if found else ""


def code_and_name(folded: str) -> tuple[str, str]:
    """Take the name off 绑定 K7P2-QX3M 张三; the code as typed, and the name, empty where none was said."""
    found = re.fullmatch(r"([A-Za-z0-9\s\-—_.:]+?)[\s,]*(?:我叫|我是)?\s*([一-龥·]{2,12})", folded.strip())
    return (found[1], name_in(found[2])) if found else (folded, "")


def looks_like_code(folded: str) -> bool:
    """Whether somebody meant to type a code, right or wrong."""
    return re.fullmatch(r"[A-Za-z0-9\s\-]{4,24}", folded.strip()) is not None


def read_codes(folded: str) -> CodeWish:
    """Read 网格员 大侯村 3, the parts in this order, with or without spaces between them."""
    words = folded.strip()
    found = re.search(r"[\sx×*]*(\d{1,3})\s*(?:个|张|份|人)?$", words)
    count = int(found.group(1)) if found else 1
    words = words[: found.start()].strip() if found else words
    role = next((one for one in sorted(Role, key=lambda one: -len(one)) if words.startswith(one)), None)
    if role is None and words.startswith("民警"):
        return CodeWish(Role.OFFICER, words.removeprefix("民警").strip(), count)
    return CodeWish(role, words[len(role) :].strip(" ,@在") if role else words, count)


def read_binding(folded: str) -> BindWish:
    """Read 居民群 大侯村, in either order, or only one of the two."""
    words = folded.strip()
    sure = words.endswith(_SURE)
    words = words.removesuffix(_SURE).strip()
    for word, kind in KINDS.items():
        found = re.search(rf"(?:^|\s){word}群?(?=\s|$)|^{word}群", words)
        if found:
            return BindWish(kind, (words[: found.start()] + words[found.end() :]).strip(), sure)
    return BindWish(None, words, sure)
