"""Texts (文字) made safe for a platform: people's words show as they typed them, and never act."""

import hashlib
import re
from typing import Final

CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
"""What neither XML nor a screen takes: control characters but tab and line end, halves of a pair; and what turns
the direction of the words after it, so that a bulletin reads as something else."""

WIDE: Final = str.maketrans({"<": "＜", "[": "［", "]": "］", "`": "｀", "*": "＊", "~": "～", "\\": "＼", "|": "｜"})
"""Signs that may open a tag, a mention, a link, code or bold; the wide ones look the same and mean nothing."""

ENTITY: Final = re.compile(r"&(?=#?\w{1,32};)")
EDGE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underline at the edge of a word; within one it means nothing."""

OPENS_LINE: Final = re.compile(r"(?m)^[ \t]*(?=[#>+=-]|\d{1,9}[.)]|[ \t])")
"""The beginning of a line that would become a heading, quote, list, rule or code."""

TAG: Final = re.compile(r"<(?=[A-Za-z/@!])")
NOTHING: Final = "\u200b"
NAUGHT, ONE = "\u200b", "\u200c"
MARK_BITS: Final = 20
MARK_BYTES: Final = 3 * MARK_BITS
"""How many bytes of UTF-8 `mark` takes."""


def clean(text: str) -> str:
    """The text without control characters; line ends are all alike."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> str:
    """The text for a channel of plain words that still reads `<a href>` and `<@somebody>` in them."""
    return TAG.sub("＜", clean(text))


def markdown(text: str) -> str:
    """The text for a markdown channel, so that it shows literally.

    No backslashes: whether a WeChat client honours them is told nowhere, while wide signs are certain.
    """
    wide = EDGE.sub("＿", ENTITY.sub("＆", clean(text).translate(WIDE)))
    return OPENS_LINE.sub(NOTHING, wide)


def cdata(text: str) -> str:
    """The text as a CDATA section that nothing in it can end."""
    return "<![CDATA[" + clean(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def ascii_name(name: str, otherwise: str = "file") -> str:
    """A file's name in plain ASCII with its ending; the title in its own letters belongs into the text.

    Some of the platform's machines garble a name in UTF-8. `otherwise` is taken where nothing is left of the stem.
    """
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_")[:60]
    ending = re.sub(r"[^A-Za-z0-9]+", "", ending)[:8]
    return f"{stem or otherwise}.{ending}" if ending else stem or otherwise


def mark(key: str) -> str:
    """Signs of no width that differ from call to call, at the end of a text.

    WeCom recognises a repeated message by what it says, not by a key: with this mark a repeated call says the same,
    and two calls that happen to say the same words ("收到") do not.
    """
    number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "replace")).digest()[:4]) >> (32 - MARK_BITS)
    return "".join(ONE if number >> place & 1 else NAUGHT for place in range(MARK_BITS))
