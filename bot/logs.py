"""Logs: what the process writes about itself, as text or JSON lines, without what people said and without secrets.

Our own lines name rows, counts and kinds of errors. Other libraries speak only from WARNING on, at whatever level ours
do, and only by their first line; what an exception carries (a statement's values, an address with a token) is cut to
its type and place.
"""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal

import structlog

OURS = "wangge"
SECRET = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}|(?<=://)[^/@\s]+(?=@)")
"""A bot token anywhere, a user and password in an address."""

PERSONAL = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx]|\d{16,19})(?!\d)")
"""A mobile number, an identity card, a bank card."""

KEPT = frozenset({"event", "level", "logger", "timestamp", "error", "at"})
"""What is kept of another library's line."""

FOREIGN = 200
"""So many characters of another library's line are kept, of its first line only: what follows may quote values."""


def set_up(level: str = "INFO", form: Literal["text", "json"] = "text") -> None:
    """Send every log line of this process to the error output; may be called again."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        place_only,
        first_line_only,
        without_secrets,
    ]
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    handler.addFilter(worth_it)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    threading.excepthook = _thread_died
    sys.excepthook = _died


def worth_it(record: logging.LogRecord) -> bool:
    """Whether a line is ours, or another library's warning."""
    return record.levelno >= logging.WARNING or _is_ours(record.name)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == OURS


def _died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The process ends in an error: where; Python itself would print its values."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(OURS).critical("died", exc_info=(kind, error, trace))


def _thread_died(died: threading.ExceptHookArgs) -> None:
    """A thread that ends in an error says where; Python itself would print its values."""
    name = died.thread.name if died.thread is not None else "?"
    info = (died.exc_type, died.exc_value or died.exc_type(), died.exc_traceback)
    logging.getLogger(OURS).critical("thread died: %s", name, exc_info=info)


def place_only(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut an exception to its type and where it happened."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        trace = info[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        event["error"] = info[0].__name__
        if trace is not None:
            event["at"] = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    return event


def first_line_only(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut what another library says to its first line and to no values: asyncio quotes a lost task's error below."""
    if _is_ours(str(event.get("logger", ""))):
        return event
    event["event"] = (str(event.get("event", "")).splitlines() or [""])[0][:FOREIGN]
    for name in [name for name in event if name not in KEPT and not name.startswith("_")]:
        del event[name]
    return event


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cross out tokens, passwords and numbers of people in whatever is written."""
    for name, value in event.items():
        if isinstance(value, str) and not name.startswith("_"):
            event[name] = PERSONAL.sub("…", SECRET.sub("…", value))
    return event
