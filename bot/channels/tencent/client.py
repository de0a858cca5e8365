"""A client (客户端) that stays within bounds: wechatpy's, with everything closed that was found open in it.

Left alone it asks for a token from twenty threads at once, recurses for ever on a token that stays refused, waits
for ever on a server that hangs, sends an upload the second time without its content, follows redirects with the
token in the address, and hands over a web page as if it were an answer. Here: one token at a time, asked for anew at
most once a call, compared before it is replaced and replaced at most once in five seconds; a time-out on every step
and on the whole; one host; no proxy but the one in the settings; every end a `CallFailed`.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from bot.channels.tencent import library
from bot.channels.tencent.errors import TOKEN, Codes, broken, failure, of_status, token_failure
from bot.channels.tencent.session import WHOLE, WORKERS, Session, TooMuch
from bot.channels.tencent.token import Keeper
from jobs.channel import Impossible, NotNow, Unsure

Files = Mapping[str, tuple[str, bytes, str]]
"""Uploads: field -> file name in ASCII, content, MIME type. Bytes and no file, so that a second try sends them, too."""
Answer = TypeVar("Answer")


class _Way:
    """How far a call has got; once given up it does not leave any more."""

    def __init__(self) -> None:
        self._lock, self.left, self._given_up = threading.Lock(), False, False

    def leave(self) -> None:
        """The request goes out now; raises NotNow where nobody waits for it any more."""
        with self._lock:
            if self._given_up:
                raise NotNow("given up")
            self.left = True

    def refused(self) -> None:
        """The platform has surely not done it."""
        with self._lock:
            self.left = False

    def give_up(self) -> bool:
        """Nobody waits any more; whether it may have arrived."""
        with self._lock:
            self._given_up = True
            return self.left


class _Safe:
    """Goes before wechatpy's client: the token is kept here, and its own ways to one are shut.

    wechatpy looks through the half-made instance at its birth, so properties may raise nothing but AttributeError.
    """

    _keeper: Keeper

    @property
    def access_token(self) -> str:
        """The token, fetched where there is none."""
        return self._keeper.current()

    def fetch_access_token(self) -> None:
        """Nobody but the keeper fetches tokens."""
        raise NotNow("token")


class _Corp(_Safe, library.CorpClient):  # type: ignore[misc]
    """wechatpy's client for WeCom."""


class _Official(_Safe, library.OfficialClient):  # type: ignore[misc]
    """wechatpy's client for 公众号."""


class SafeClient:
    """Calls one application's API; every call ends, in an answer or a CallFailed.

    `path` is relative to `/cgi-bin/`, or to the host where it begins with a slash. Made by `corp_client` and
    `official_client`.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - wechatpy has no types
        session: Session,
        ask: Callable[[Session, str], requests.Response],
        *,
        base_url: str,
        timeout: float,
        codes: Codes | None,
        clock: Callable[[], float],
    ) -> None:
        self._base = base_url.rstrip("/")
        self._codes, self._whole = codes, timeout * WHOLE
        self._client, self._session = client, session
        self._keeper = Keeper(lambda: _token_answer(lambda: ask(session, self._base)), clock)
        client.API_BASE_URL, client._http, client._keeper = f"{self._base}/cgi-bin/", session, self._keeper
        self._pool = ThreadPoolExecutor(WORKERS, "tencent")

    def __repr__(self) -> str:
        return "SafeClient()"

    async def call(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        files: Files | None = None,
        matters: bool = True,
    ) -> dict[str, Any]:
        """Make a call and return the platform's answer; raises a CallFailed.

        `data` is sent as JSON. Where `matters` is False the call changes nothing for anybody, so that one without an
        answer counts as not made.
        """
        return await self._run(lambda way: self._call(way, method, path, data, params or {}, files), matters)

    async def download(self, path: str, params: Mapping[str, str], most: int) -> bytes:
        """The bytes at an address, at most `most`; raises Impossible (too big, not there), NotNow, Refused."""
        return await self._run(lambda way: self._load(way, path, params, most), matters=False)

    async def check(self) -> None:
        """Ask for a token where there is none: whether the platform knows the application; raises a CallFailed."""
        await self._run(lambda _: self._keeper.current(), matters=False)

    def close(self) -> None:
        """Give connections back; calls under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    async def _run(self, work: Callable[[_Way], Answer], matters: bool) -> Answer:
        way = _Way()
        running = asyncio.get_running_loop().run_in_executor(self._pool, work, way)
        try:
            async with asyncio.timeout(self._whole):
                return await running
        except TimeoutError:
            raise (Unsure if way.give_up() and matters else NotNow)("no answer") from None
        except Unsure as failed:
            if matters:
                raise
            raise NotNow(failed.reason) from None
        finally:
            way.give_up()

    def _call(
        self,
        way: _Way,
        method: str,
        path: str,
        data: Mapping[str, Any] | None,
        params: Mapping[str, str],
        files: Files | None,
    ) -> dict[str, Any]:
        address = self._base + path if path.startswith("/") else path
        options: dict[str, Any] = {"files": dict(files)} if files is not None else {}
        if data is not None:
            options["data"] = dict(data)

        def once(token: str) -> dict[str, Any]:
            handed = {"params": {**params, "access_token": token}, **options}
            answer = getattr(self._client, method.lower())(address, **handed)
            if not isinstance(answer, dict):
                raise NotNow("not the platform")
            return answer

        return self._with_token(way, once)

    def _load(self, way: _Way, path: str, params: Mapping[str, str], most: int) -> bytes:
        address = self._base + path if path.startswith("/") else f"{self._base}/cgi-bin/{path}"

        def once(token: str) -> bytes:
            response = self._session.request("get", address, params={**params, "access_token": token}, most=most)
            if (wrong := of_status(response.status_code)) is not None:
                raise wrong
            if "Content-Disposition" in response.headers:
                return response.content
            shape = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if shape in ("application/json", "text/plain", "text/html"):
                raise _Code(_errcode(response.content))
            return response.content

        return self._with_token(way, once)

    def _with_token(self, way: _Way, once: Callable[[str], Answer]) -> Answer:
        """Make a call, and where its token was refused once more with a newer one."""
        token = self._keeper.current()
        for last in (False, True):
            way.leave()
            try:
                return _translated(once, token)
            except _Code as refused:
                way.refused()
                if refused.code not in TOKEN or last:
                    raise failure(refused.code, self._codes) from None
                token = self._keeper.current(stale=token)
            except NotNow:
                way.refused()
                raise
        raise AssertionError


class _Code(Exception):
    """The platform answered with an error code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def corp_client(
    corp_id: str,
    secret: str,
    *,
    base_url: str,
    proxy: str = "",
    timeout: float = 10.0,
    codes: Codes | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SafeClient:
    """A client for one application of a WeCom corp, with a token of its own; `timeout` in seconds for each step.

    `codes` says what further error codes mean.
    """
    session = Session(base_url, proxy, timeout, clock)

    def ask(by: Session, base: str) -> requests.Response:
        return by.request("get", f"{base}/cgi-bin/gettoken", params={"corpid": corp_id, "corpsecret": secret})

    client = _Corp(corp_id, secret, timeout=timeout, auto_retry=False)
    return SafeClient(client, session, ask, base_url=base_url, timeout=timeout, codes=codes, clock=clock)


def official_client(
    app_id: str,
    secret: str,
    *,
    base_url: str,
    proxy: str = "",
    timeout: float = 10.0,
    codes: Codes | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SafeClient:
    """A client for one 公众号; `timeout` in seconds for each step.

    Its tokens come from `POST /cgi-bin/stable_token`: with the older `/cgi-bin/token` two processes of one account
    make each other's token useless.
    """
    session = Session(base_url, proxy, timeout, clock)

    def ask(by: Session, base: str) -> requests.Response:
        told = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
        return by.request("post", f"{base}/cgi-bin/stable_token", json=told)

    client = _Official(app_id, secret, timeout=timeout, auto_retry=False)
    return SafeClient(client, session, ask, base_url=base_url, timeout=timeout, codes=codes, clock=clock)


def _translated(once: Callable[[str], Answer], token: str) -> Answer:
    """One request, its failure in our words; raises `_Code`, a CallFailed."""
    try:
        return once(token)
    except library.ClientError as error:
        # The error holds the request, whose address holds the token: nothing of it goes on but two numbers.
        code, status = error.errcode, getattr(error.response, "status_code", 500)
        if code is None:
            raise (of_status(status) or NotNow("not the platform")) from None
        raise _Code(int(code)) from None
    except TooMuch:
        raise Impossible("too big") from None
    except requests.RequestException as error:
        raise broken(error) from None
    except UnicodeEncodeError:
        raise Impossible("not a text") from None
    except (ValueError, TypeError, RecursionError, OSError, HTTPError) as error:
        raise broken(error) from None


def _token_answer(ask: Callable[[], requests.Response]) -> Mapping[str, Any]:
    """The answer to the wish for a token; a failure here means that nothing else was asked."""

    def once(_: str) -> Mapping[str, Any]:
        response = ask()
        if (wrong := of_status(response.status_code)) is not None:
            raise wrong
        if code := _errcode(response.content):
            raise token_failure(code)
        found: dict[str, Any] = json.loads(response.content)
        return found

    try:
        return _translated(once, "")
    except (Unsure, Impossible) as failed:
        raise NotNow(failed.reason) from None


def _errcode(body: bytes) -> int:
    """The error code of an answer, 0 where it has none; raises NotNow for what the platform never says."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotNow("not the platform") from None
    code = found.get("errcode", 0) if isinstance(found, dict) else None
    if not isinstance(code, int):
        raise NotNow("not the platform")
    return code
