"""Address (称呼): a message without its signs and mentions, and the command word it begins with."""

import re
from dataclasses import dataclass

from handlers.dialogue import command
from handlers.dialogue.command import Command
from handlers.reading import intent
from handlers.reading.normal import fold

SIGNS = "/#"
LONGEST_MESSAGE = 4096
GAP = " \t\r\n,:;.!-、。，：；！～~"


@dataclass(frozen=True, slots=True)
class Words:
    """A message split into its command word and the rest; `after` is the rest with the gap before it, folded;
    `typed` the word that was used."""

    command: Command
    rest: str
    after: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A message without its leading signs: `text` as typed, `signs` those taken off (/, #, @)."""

    text: str
    signs: str = ""


_NOT_A_MENTION = re.compile(r"[员办长队群点站化格A-Za-z0-9_]")


def address(raw: str, bot_names: tuple[str, ...] = (), mentioned: bool = False) -> Address:
    """Take leading signs and mentions of the bot off a message; what was typed stays as typed.

    mentioned: the platform says that the bot is named somewhere in it.
    """
    folded = fold(raw)
    start, signs = len(folded) - len(folded.lstrip()), "@" if mentioned else ""
    for _ in range(3):
        rest = folded[start : start + 80]
        if rest[:1] == "@":
            size = _mention(rest, bot_names, mentioned)
            if not size:
                break
            start, signs = start + size, signs + "@"
        elif rest[:1] and rest[0] in SIGNS and rest[1:2].strip():
            start, signs = start + 1, signs + rest[0]
        else:
            break
        while start < len(folded) and folded[start] in GAP:
            start += 1
    if "@" not in signs or mentioned:
        return _named_inside(raw[start:], folded[start:], bot_names, mentioned, signs)
    return Address(raw[start:], signs)


def _named_inside(raw: str, folded: str, bot_names: tuple[str, ...], mentioned: bool, signs: str) -> Address:
    """A mention further on: 上报 3号楼… @网格助手, or 3号楼地下室进水了 @网格助手 上报."""
    for found in re.finditer("@", folded[:LONGEST_MESSAGE]):
        at = found.start()
        size = _mention(folded[at : at + 80], bot_names, mentioned) if at else 0
        if size:
            before, after = raw[:at].rstrip(), raw[at + size :].strip(GAP)
            words = words_of(after)
            if words is not None and len(words.rest) <= 1:
                return Address(f"{after} {before}", signs + "@")
            return Address(f"{before} {after}".strip() if after else before, signs + "@")
    return Address(raw, signs)


def _mention(rest: str, bot_names: tuple[str, ...], mentioned: bool) -> int:
    """How long a mention of the bot is (@网格助手), 0 where another is named (@网格员甲)."""
    for name in sorted(bot_names, key=len, reverse=True):
        named = rest[1:].lower().startswith(fold(name).lower())
        if named and not _NOT_A_MENTION.match(rest, len(name) + 1):
            return len(name) + 1
    found = re.match(r"@[A-Za-z0-9_]{3,32}", rest) if mentioned else None
    return found.end() if found else 0


def split(raw: str, bot_names: tuple[str, ...] = (), mentioned: bool = False) -> tuple[str, bool]:
    """The text without a leading sign or mention, and whether there was one. Keeps what was typed."""
    found = address(raw, bot_names, mentioned)
    return found.text, bool(found.signs)


def words_of(raw: str) -> Words | None:
    """The command whose word the text begins with (the longest), and what follows."""
    folded = fold(raw)
    table = command.all_commands()
    lower = folded[:64].lower()
    latin = re.match(r"([a-z_]+)(@[a-z0-9_]+)?(?=\s|$)", lower)
    if latin and latin.group(1) in table:
        return Words(table[latin.group(1)], raw[latin.end() :].strip(), folded[latin.end() :], latin.group(1))
    for size in range(min(6, len(folded)), 0, -1):
        found = table.get(lower[:size])
        if found is not None and not lower[:size].isascii():
            return Words(found, _rest(raw, folded, size), folded[size:], lower[:size])
    return None


def _rest(raw: str, folded: str, start: int) -> str:
    """What follows a word, as typed, without the gap before it."""
    while start < len(folded) and folded[start] in GAP:
        start += 1
    return raw[start:].rstrip()


def framed_words(raw: str) -> tuple[str, Words] | None:
    """A command word behind a polite frame (麻烦|上报|一下 3号楼…): the frame, the command and what follows."""
    folded = fold(raw[: intent.longest_frame() + 8])
    start = len(folded) - len(folded.lstrip())
    for at in range(start + 1, min(len(folded), start + intent.longest_frame() + 1)):
        if words_of(raw[at : at + 6]) is None or not intent.frame(folded[start:], at - start):
            continue
        words = words_of(raw[at:])
        if words is None:
            continue
        skip = intent.filler(words.after[:24])
        behind = len(raw) - len(words.after) + skip
        gap = ":" if ":" in words.after[:skip] else ""
        inner = Words(words.command, _rest(raw, fold(raw), behind), gap + words.after[skip:], words.typed)
        if said_privately(inner):
            return folded[start:at], inner
    return None


def said_privately(words: Words) -> bool:
    """Whether these words, said to the bot alone, are that command."""
    return intent.private_command(words.command.word, words.after)
