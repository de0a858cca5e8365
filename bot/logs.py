"""Logs: what the process writes about itself, as text or JSON lines, without what people said and without secrets.

Our own lines name rows, counts and kinds of errors. Other libraries speak only from WARNING on, and what an
exception carries (a statement's values, an address with a token) is cut to its type and place.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "apscheduler",
    "uvicorn",
    "asyncio",
    "sqlalchemy",
    "alembic",
    "PIL",
    "wechatpy",
)
SECRET = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}|(?<=://)[^/@\s]+(?=@)")
"""A bot token anywhere, a user and password in an address."""


def set_up(level: str = "INFO", form: Literal["text", "json"] = "text") -> None:
    """Send every log line of this process to the error output; may be called again."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        place_only,
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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


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


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cross out tokens and passwords in whatever is written."""
    for name, value in event.items():
        if isinstance(value, str) and not name.startswith("_"):
            event[name] = SECRET.sub("…", value)
    return event
