"""Canaries (金丝雀): a name, a number, an address and words nobody should find again in a log."""

import io
from typing import Final

NAME, PHONE, CARD, PLATE, PLACE, WORDS, TOKEN = (
    "欧阳金丝雀",
    "13812345678",
    "110105194912310021",
    "京A12345",
    "3单元402室",
    "暗号七七四九",
    "4242:the-secret-of-the-bot",
)
CANARIES: Final = (NAME, PHONE, CARD, PLATE, PLACE, WORDS, TOKEN, "the-secret", "居民甲", "大侯村居民群")
TOLD: Final = f"{NAME}，{PHONE}，{CARD}，开{PLATE}，住水头村{PLACE}，{WORDS}"


class Canary(Exception):
    """An error that quotes what somebody said."""

    def __init__(self) -> None:
        super().__init__(TOLD, TOKEN)


def clean(log: io.StringIO, *lines: str, but: tuple[str, ...] = ()) -> None:
    """The log holds none of the canaries nor of what is named in `but`, and does hold the lines."""
    said = log.getvalue()
    assert [one for one in (*CANARIES, *but) if one in said] == []
    for line in lines:
        assert line in said, said
