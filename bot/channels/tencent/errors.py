"""How a call to Tencent can end badly, read from the error code alone: messages change, codes do not.

No text of the platform, and no address (it holds the token), leaves this file: a failure goes on as a short word.
Codes: WeCom 全局错误码 (developer.work.weixin.qq.com, document 90313) and 公众号 全局返回码.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

import requests
from urllib3.exceptions import NewConnectionError

from jobs.channel import CallFailed, ChatGone, Impossible, MediumRefused, NotNow, Refused, StaleUpload, Unsure

MINUTE: Final = timedelta(seconds=60)
Codes = Mapping[int, Callable[[], CallFailed]]
"""What an error code means: a failure to be made anew each time."""


class BadSecret(NotNow):
    """The platform knows no such corp, application or secret: nothing goes out until the settings are mended."""


class NotTrusted(NotNow):
    """This machine's address is not among the trusted ones of the application (企业可信IP, IP白名单)."""


class TokenRefused(NotNow):
    """The access token was refused, and so was its successor."""


TOKEN: Final = frozenset({40001, 40014, 41001, 42001})
"""The access token is wrong, missing or too old."""

COMMON: Final[Codes] = {
    -1: lambda: NotNow("busy"),
    40001: lambda: TokenRefused("token"),
    40014: lambda: TokenRefused("token"),
    41001: lambda: TokenRefused("token"),
    42001: lambda: TokenRefused("token"),
    40013: lambda: BadSecret("secret"),
    40125: lambda: BadSecret("secret"),
    40164: lambda: NotTrusted("address"),
    60020: lambda: NotTrusted("address"),
    40004: lambda: MediumRefused("medium refused"),
    40005: lambda: MediumRefused("medium refused"),
    40006: lambda: MediumRefused("medium refused"),
    40009: lambda: MediumRefused("medium refused"),
    45001: lambda: MediumRefused("medium refused"),
    40007: lambda: StaleUpload("media id unknown"),
    45009: lambda: Refused(MINUTE),
    45011: lambda: Refused(MINUTE),
    45033: lambda: Refused(timedelta(seconds=2)),
    81013: lambda: ChatGone("nobody there"),
    82001: lambda: ChatGone("nobody there"),
    86001: lambda: ChatGone("no such chat"),
    86003: lambda: ChatGone("no such chat"),
    86008: lambda: ChatGone("not our chat"),
    93000: lambda: ChatGone("no such robot"),
}

NEVER_LEFT: Final = (NewConnectionError, ConnectionRefusedError, ssl.SSLCertVerificationError)
"""What surely happened before the request was on its way."""


def failure(code: int, codes: Codes | None = None) -> CallFailed:
    """What an error code other than 0 means; `codes` goes before what is common to all."""
    made = (codes or {}).get(code) or COMMON.get(code)
    return made() if made is not None else Impossible(f"errcode {code}")


def token_failure(code: int) -> CallFailed:
    """What an error code means where a token was asked for: there 40001 is about the secret."""
    if code in {40001, 40091, 42002, 40002}:
        return BadSecret("secret")
    known = failure(code)
    return known if isinstance(known, NotNow | Refused) else BadSecret("secret")


def of_status(status: int) -> CallFailed | None:
    """What an HTTP status means; None where the answer is worth reading."""
    if 200 <= status < 300:
        return None
    if status == 429:
        return Refused(MINUTE)
    if status in (502, 503):
        return NotNow("platform down")
    return Unsure("server error") if status >= 500 else NotNow("not the platform")


def broken(error: BaseException) -> CallFailed:
    """What a request without an answer means."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.InvalidURL):
        return NotNow("no connection")
    if isinstance(error, requests.exceptions.InvalidSchema) or any(
        isinstance(one, NEVER_LEFT) for one in _chain(error)
    ):
        return NotNow("no connection")
    return Unsure("no answer")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was made of, and so on; libraries wrap each other's errors in three ways."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
